-- Two ways in which LuaJIT's FFI gives another value than the C function returned. Needs `cc`.
--
--   luajit repro.lua        luajit -joff repro.lua
--   uint32_t: 2768240647, after 200 calls 4.6625502013686e+16        both times 2768240647
--   double: a nil                                                    a nil
--
-- The first is the compiler's. A function that returns uint32_t owes the low 32 bits of rax; this one, compiled with
-- -O2, leaves what was shifted above them. Interpreted, LuaJIT reads 32 bits; compiled, it converts all 64 as if the
-- upper half were zero (lj_asm_x86.h, asm_conv: REX_64 for IRT_U32).

local ffi = require("ffi")

local folder = os.tmpname()
os.remove(folder)
local cc = assert(io.popen(("cc -O2 -shared -fPIC -x c -o %s.so -"):format(folder), "w"))
cc:write [[
#include <stdint.h>
#include <string.h>
uint32_t middle(uint64_t x) { return (uint32_t) (x >> 8); }
double of_bits(uint64_t x) { double d; memcpy(&d, &x, 8); return d; }
]]
cc:close()

ffi.cdef [[
uint32_t middle(uint64_t);
double of_bits(uint64_t);
]]
local library = ffi.load(folder .. ".so")
os.remove(folder .. ".so")

local first = library.middle(0xa5a5a5a5000007ffULL)
local last
for _ = 1, 200 do last = library.middle(0xa5a5a5a5000007ffULL) end
print(("uint32_t: %.14g, after 200 calls %.14g"):format(first, last))

print("double: a " .. type(library.of_bits(0xffffffffffffffffULL)))
