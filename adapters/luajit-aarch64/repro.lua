-- What LuaJIT 2.1.0-beta3 does on 64-bit Arm with a struct of an array of floats: AAPCS64 6.8.2 has it in a float register for
-- each element (a homogeneous floating-point aggregate), and LuaJIT takes it for a struct of anything else.
--
--     cat > hfa.c <<END
--     struct triple { float all[3]; };
--     float second(struct triple s) { return s.all[1]; }
--     struct triple made(float a) { struct triple s = {{a, 2 * a, 3 * a}}; return s; }
--     END
--     aarch64-linux-gnu-gcc -O1 -shared -fPIC -o build/hfa.so hfa.c
--     qemu-aarch64 -L build/root build/root/usr/bin/luajit repro.lua
local ffi = require("ffi")
ffi.cdef([[
typedef struct { float all[3]; } triple;
float second(triple s);
triple made(float a);
]])
local C = ffi.load("build/hfa.so")
print("second of {1.5, 2.5, 3.5}", C.second(ffi.new("triple", {{1.5, 2.5, 3.5}})), "2.5 owed")
local made = C.made(1.5)
print("made of 1.5", made.all[0], made.all[1], made.all[2], "1.5 3 4.5 owed")
