-- LuaJIT's FFI, judged at wire level (docs/protocol.md): it does as it is told. What is LuaJIT's is here, in structs.lua,
-- callbacks.lua and conventions.lua; what is the protocol's is in wire.lua and json.lua.

local ffi = require("ffi")

-- What stands in a file beside this one, made of what it is given.
local function beside(name, ...)
  return assert(loadfile((arg[0]:match("^.*/") or "") .. name))(...)
end

ffi.cdef [[
char *malloc(size_t);
void free(void *);
int64_t strtoll(const char *, char **, int);
uint64_t strtoull(const char *, char **, int);
struct timespec { long seconds, nanoseconds; };
int clock_gettime(int, struct timespec *);
]]

-- A call in a script of fewer runs is the interpreter's. Left to itself, LuaJIT compiles by counts in 64 cells, which a hash
-- of addresses chooses, and what a trial met would differ from run to run.
local COLD = 8000
local FLOATS = { f32 = ffi.typeof("float[1]"), f64 = ffi.typeof("double[1]") }
local json = beside("json.lua")
local library = { json = json, free = ffi.C.free, string = ffi.string, fill = ffi.copy }
local libraries = {}

library.about = { is = "ready", protocol = 1, name = "luajit", version = jit.version, language = "Lua", level = "wire",
  capabilities = { "loops", "libraries", "collect", "callbacks", "callback-types", "kept-callbacks", "by-value", "unions", "complex",
    "variadics", "errno", "set-errno" },
  dialects = { "canonical-nan" }, lacks = { "f16" } }

library.allocate = ffi.C.malloc -- aligned to 16

function library.number(text, base)
  return ffi.C.strtoull(text, nil, base or 10)
end

-- What is a pointer in Lua, or a number, as C has it.
function library.pointer(from)
  return ffi.cast("void *", from)
end

-- A word of memory, as a pointer to it.
function library.word(of, address)
  return ffi.cast(of == "pointer" and "void **" or "uint64_t *", address)
end

-- Nanoseconds since some time.
function library.now()
  local time = ffi.new("struct timespec")
  ffi.C.clock_gettime(1, time) -- monotonic
  return time.seconds * 1000000000LL + time.nanoseconds
end

-- The value of a scalar that a carrier is.
function library.scalar(of, carrier)
  if FLOATS[of] then
    local place = FLOATS[of]()
    ffi.copy(place, library.of_hex(carrier):reverse(), ffi.sizeof(place))
    local value = place[0]
    -- Lua code has one NaN. Others, read from memory, are other values to LuaJIT, nil among them.
    return type(value) == "number" and value == value and value or 0 / 0
  end
  if of == "bool" then return carrier == "1" end
  if of == "pointer" then return library.pointer(library.number(carrier)) end
  if of == "u64" then return library.number(carrier) end
  return of == "i64" and ffi.C.strtoll(carrier, nil, 10) or tonumber(carrier)
end

-- The carrier of a scalar that came back.
function library.carrier(of, value)
  if of == "void" then return json.null end
  if FLOATS[of] then
    if type(value) ~= "number" then error("LuaJIT gives a " .. type(value) .. " for a number", 0) end
    local place = FLOATS[of](value)
    return library.hex(ffi.string(place, ffi.sizeof(place)):reverse())
  end
  if of == "bool" then return value and "1" or "0" end
  if of == "pointer" then value = ffi.cast("uintptr_t", value) end
  return type(value) == "number" and ("%d"):format(value) or (tostring(value):gsub("U?LL$", ""))
end

local function symbol_of(path, symbol)
  pcall(ffi.cdef, "void " .. symbol .. "(void);")
  libraries[path] = libraries[path] or ffi.load(path)
  return libraries[path][symbol]
end

-- The function that a request asks for, or why there is none.
function library.link(path, asked)
  local has, prototype = pcall(library.structs.prototype, asked.returns, asked.parameters, library.conventions.fixed(asked))
  if not has then return nil, "unsupported", prototype end
  local found, address = pcall(symbol_of, path, asked.symbol)
  if not found then return nil, "unlinked", path .. ": " .. address end
  local linked = { call = ffi.cast(prototype, address), parameters = asked.parameters, returns = asked.returns }
  return library.conventions.as_asked(linked, asked)
end

-- A function of the results so far that makes a call, of which there will be so many: it is made as text, so that LuaJIT
-- compiles it.
function library.caller(linked, given, runs)
  local names = {}
  for at, one in ipairs(given) do
    names[at] = "given[" .. at .. "]" .. (type(one) == "function" and "(results)" or "")
  end
  -- No tail call, which LuaJIT would not compile.
  local made = "local call, given = ... return function(results) local value = call(%s) return value end"
  local call = loadstring(made:format(table.concat(names, ", ")))(linked.call, given)
  if runs < COLD or library.callbacks.live() then jit.off(call) end
  return call
end

library.structs = beside("structs.lua", library)
library.callbacks = beside("callbacks.lua", library)
library.conventions = beside("conventions.lua", library)
beside("wire.lua", library)
