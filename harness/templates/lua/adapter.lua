-- LuaJIT's FFI, judged at wire level (docs/protocol.md): it does as it is told. What is LuaJIT's is here, in structs.lua and in
-- callbacks.lua; what is the protocol's is in wire.lua and json.lua.

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

local FLOATS = { f32 = ffi.typeof("float[1]"), f64 = ffi.typeof("double[1]") }
local json = beside("json.lua")
local library = { json = json, free = ffi.C.free, string = ffi.string, fill = ffi.copy }
local libraries = {}

library.about = { is = "ready", protocol = 1, name = "LuaJIT FFI", version = jit.version, language = "Lua", level = "wire",
  capabilities = { "loops", "libraries", "collect", "callbacks", "callback-types", "kept-callbacks", "by-value" },
  dialects = { "canonical-nan" }, lacks = { "f16" } }

library.allocate = ffi.C.malloc -- aligned to 16

function library.number(text, base)
  return ffi.C.strtoull(text, nil, base or 10)
end

function library.address(pointer)
  return ffi.cast("uintptr_t", pointer)
end

-- A word of memory, as a pointer to it.
function library.word(address)
  return ffi.cast("uint64_t *", address)
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
    -- Some NaNs are other values to LuaJIT, nil among them: all go in as one.
    return type(value) == "number" and value == value and value or 0 / 0
  end
  if of == "bool" then return carrier == "1" end
  return (of == "u64" or of == "pointer") and library.number(carrier) or ffi.C.strtoll(carrier, nil, 10)
end

-- The carrier of a scalar that came back.
function library.carrier(of, value)
  if of == "void" then return json.null end
  if FLOATS[of] then
    -- And what came back as one of those is a NaN.
    local place = FLOATS[of](type(value) == "number" and value or 0 / 0)
    return library.hex(ffi.string(place, ffi.sizeof(place)):reverse())
  end
  if of == "bool" then return value and "1" or "0" end
  return type(value) == "number" and ("%d"):format(value) or (tostring(value):gsub("U?LL$", ""))
end

local function symbol_of(path, symbol)
  pcall(ffi.cdef, "void " .. symbol .. "(void);")
  libraries[path] = libraries[path] or ffi.load(path)
  return libraries[path][symbol]
end

-- A function of a prototype, or why there is none.
function library.link(path, symbol, parameters, returns)
  local has, prototype = pcall(library.structs.prototype, returns, parameters)
  if not has then return nil, "unsupported", prototype end
  if not library.structs.fit(parameters) then
    return nil, "unsupported", "LuaJIT calls with so many arguments not yet"
  end
  local found, address = pcall(symbol_of, path, symbol)
  if not found then return nil, "unlinked", path .. ": " .. address end
  return { call = ffi.cast(prototype, address), parameters = parameters, returns = returns }
end

-- A function of the results so far that makes a call: it is made as text, so that LuaJIT compiles it.
function library.caller(linked, given)
  local names = {}
  for at, one in ipairs(given) do
    names[at] = "given[" .. at .. "]" .. (type(one) == "function" and "(results)" or "")
  end
  local made = "local call, given = ... return function(results) return call(%s) end"
  local call = loadstring(made:format(table.concat(names, ", ")))(linked.call, given)
  if library.callbacks.live() then jit.off(call) end
  return call
end

library.structs = beside("structs.lua", library)
library.callbacks = beside("callbacks.lua", library)
beside("wire.lua", library)
