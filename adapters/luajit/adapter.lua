-- LuaJIT's FFI, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

local ffi = require("ffi")
local json = require("cjson")

ffi.cdef [[
int64_t strtoll(const char *, char **, int);
uint64_t strtoull(const char *, char **, int);
]]

local TYPES = {
  i8 = "int8_t", i16 = "int16_t", i32 = "int32_t", i64 = "int64_t",
  u8 = "uint8_t", u16 = "uint16_t", u32 = "uint32_t", u64 = "uint64_t",
  f32 = "float", f64 = "double", bool = "bool", pointer = "void *", void = "void",
}
local FLOATS = { f32 = ffi.typeof("float[1]"), f64 = ffi.typeof("double[1]") }
-- Whether the bits of a float, in hex, are those of a NaN.
local NAN = {
  f32 = function(bits) return bits:find("^[7f]f[89a-f]") and bits:sub(3) ~= "800000" end,
  f64 = function(bits) return bits:find("^[7f]ff") and bits:sub(4) ~= "0000000000000" end,
}
-- How many calls of a function LuaJIT's interpreter makes before its compiler may. Left to itself, LuaJIT counts in
-- 64 cells by a hash of addresses, and what a trial met would differ from run to run.
local COLD = 8000
local functions, libraries = {}, {}
local linked = 0 -- symbols so far, also those that are missing
local kept = {} -- the memory of the last call
local main -- path of the fixture library

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function of_hex(text)
  return (text:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function pointer(carrier)
  return ffi.cast("void *", ffi.C.strtoull(carrier, nil, 10))
end

-- A buffer that holds the block, and its address, aligned to 16.
local function memory(block)
  local content = of_hex(block.bytes)
  local buffer = ffi.new("char[?]", #content + 16)
  local start = buffer + tonumber(-ffi.cast("uintptr_t", buffer) % 16)
  ffi.copy(start, content, #content)
  return { buffer = buffer, start = start, length = #content }
end

local function argument(of, carrier)
  if type(carrier) == "table" then return kept[carrier.block + 1].start end
  if of == "pointer" then return pointer(carrier) end
  if FLOATS[of] then
    -- Lua code has one NaN. Others, read from memory, would be values of another type.
    if NAN[of](carrier) then return 0 / 0 end
    local place = FLOATS[of]()
    ffi.copy(place, of_hex(carrier):reverse(), ffi.sizeof(place))
    return place[0]
  end
  if of == "bool" then return carrier == "1" end
  if of == "u64" then return ffi.C.strtoull(carrier, nil, 10) end
  if of == "i64" then return ffi.C.strtoll(carrier, nil, 10) end
  return tonumber(carrier)
end

local function text(of, value)
  if of == "void" then return json.null end
  if of == "pointer" then value = ffi.cast("uintptr_t", value) end
  if FLOATS[of] then
    if type(value) ~= "number" then error("LuaJIT gives a " .. type(value) .. " for a number", 0) end
    local place = FLOATS[of](value)
    return hex(ffi.string(place, ffi.sizeof(place)):reverse())
  end
  if of == "bool" then return value and "1" or "0" end
  -- A 64-bit integer has a suffix.
  return type(value) == "number" and ("%d"):format(value) or (tostring(value):gsub("U?LL$", ""))
end

-- Whether LuaJIT has room for the arguments: 31 words on the stack (32 before 2023). It says so only at the call.
local function fits(parameters)
  local words, floats = 0, 0
  for _, of in ipairs(parameters) do
    if FLOATS[of] then floats = floats + 1 else words = words + 1 end
  end
  return math.max(words - 6, 0) + math.max(floats - 8, 0) <= 31
end

local answers = {}

function answers.hello(request)
  main = request.library
  libraries[main] = ffi.load(main)
  return { is = "ready", protocol = 1, name = "luajit", version = jit.version, language = "Lua", level = "wire",
    capabilities = { "libraries", "collect" }, dialects = { "canonical-nan" } }
end

function answers.link(request)
  local types, names = {}, {}
  for index, of in ipairs({ request.returns, unpack(request.parameters) }) do
    if not TYPES[of] then return { is = "unsupported", message = "LuaJIT has no type for " .. of } end
    types[index], names[index] = TYPES[of], "x" .. index
  end
  if not fits(request.parameters) then
    return { is = "unsupported", message = "LuaJIT calls with so many arguments not yet" }
  end
  local returns, taken = table.remove(types, 1), table.concat(names, ",", 2)
  local path = request.library == json.null and main or request.library
  linked = linked + 1
  local name = "function_" .. linked
  local found, call = pcall(function()
    libraries[path] = libraries[path] or ffi.load(path)
    -- Each has a name of its own: libraries have the same symbols, and a symbol may have several prototypes.
    ffi.cdef(("%s %s(%s) __asm__(%q);"):format(returns, name, table.concat(types, ","), request.symbol))
    -- No tail call, which LuaJIT would not compile: so a hot function's call is made by compiled code.
    local call = ("local library = ... return function(%s) local value = library.%s(%s) return value end")
      :format(taken, name, taken)
    return libraries[path][name] and loadstring(call)(libraries[path])
  end)
  if not found then return { is = "unlinked", message = path .. ": " .. call } end
  jit.off(call)
  functions[#functions + 1] = { call = call, calls = 0, parameters = request.parameters, returns = request.returns }
  return { is = "bound", ["function"] = #functions - 1 }
end

-- Apart from pcall, which LuaJIT compiles nothing for that returns to it.
local function called(found, given)
  local value = found.call(unpack(given, 1, #found.parameters))
  return text(found.returns, value)
end

function answers.invoke(request)
  local found = functions[request["function"] + 1]
  found.calls = found.calls + 1
  if found.calls == COLD then jit.on(found.call) end
  local blocks, given = {}, {}
  kept = {}
  for index, block in ipairs(request.blocks) do kept[index] = memory(block) end
  for index, block in ipairs(request.blocks) do
    for _, at in ipairs(block.pointers) do
      ffi.cast("void **", kept[index].start + at[1])[0] = kept[at[2] + 1].start
    end
  end
  for index, carrier in ipairs(request.arguments) do
    given[index] = argument(found.parameters[index], carrier)
  end
  local done, value = pcall(called, found, given)
  if not done then return { is = "unsupported", message = value } end
  for index, block in ipairs(kept) do blocks[index] = hex(ffi.string(block.start, block.length)) end
  return { is = "returned", value = value, blocks = #blocks > 0 and blocks or nil }
end

function answers.peek(request)
  return { is = "memory", bytes = hex(ffi.string(pointer(request.address), request.length)) }
end

function answers.collect()
  collectgarbage()
  return answers.stop()
end

function answers.stop() return { is = "done" } end

for line in io.lines() do
  local request = json.decode(line)
  local done, reply = pcall(answers[request["do"]], request)
  -- What goes wrong here is the adapter's, and said to be.
  if not done then reply = { is = "adapter-error", message = tostring(reply) } end
  reply.id = request.id
  io.write(json.encode(reply), "\n")
  io.flush()
  if request["do"] == "stop" then break end
end
