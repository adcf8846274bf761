-- LuaJIT's FFI, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

local ffi = require("ffi")

ffi.cdef [[
void *malloc(size_t);
void free(void *);
int64_t strtoll(const char *, char **, int);
uint64_t strtoull(const char *, char **, int);
]]

local TYPES = {
  i8 = "int8_t", i16 = "int16_t", i32 = "int32_t", i64 = "int64_t",
  u8 = "uint8_t", u16 = "uint16_t", u32 = "uint32_t", u64 = "uint64_t",
  f32 = "float", f64 = "double", bool = "bool", pointer = "uintptr_t", void = "void",
}
local functions, libraries, kept = {}, {}, {}
local path -- of the fixture library

-- JSON, as much of it as requests are.

local NULL = {}
local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local read

local function read_text(line, at)
  local parts = {}
  while true do
    local plain, stop, next = line:match('^([^"\\]*)(["\\])()', at)
    parts[#parts + 1] = plain
    if stop == '"' then return table.concat(parts), next end
    local escape = line:sub(next, next)
    if escape == "u" then
      -- Only what is below a space is written so in requests.
      parts[#parts + 1] = string.char(tonumber(line:sub(next + 1, next + 4), 16) % 256)
      at = next + 5
    else
      parts[#parts + 1] = ESCAPES[escape] or escape
      at = next + 1
    end
  end
end

local function read_many(line, at, close)
  local all = {}
  while true do
    at = line:match("^[%s,]*()", at)
    if line:sub(at, at) == close then return all, at + 1 end
    local key = #all + 1
    if close == "}" then
      key, at = read_text(line, at + 1)
      at = line:match("^%s*:()", at)
    end
    all[key], at = read(line, at)
  end
end

function read(line, at)
  at = line:match("^%s*()", at)
  local first = line:sub(at, at)
  if first == '"' then return read_text(line, at + 1) end
  if first == "{" then return read_many(line, at + 1, "}") end
  if first == "[" then return read_many(line, at + 1, "]") end
  local word, next = line:match("^([^,%]}%s]+)()", at)
  local words = { null = NULL, ["true"] = true, ["false"] = false }
  if words[word] ~= nil then return words[word], next end
  return tonumber(word), next
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

-- Carriers and memory.

local function hex(address, length)
  local bytes = ffi.string(ffi.cast("const char *", address), length)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function of_hex(text)
  return (text:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function decimal(word) -- a 64-bit integer without its suffix
  return (tostring(word):gsub("U?LL$", ""))
end

local function address(pointer)
  return ffi.cast("uintptr_t", pointer)
end

local function argument(of, carrier)
  if type(carrier) == "table" then return address(kept[carrier.block + 1]) end
  if of == "f32" or of == "f64" then
    local place = ffi.new(TYPES[of] .. "[1]")
    ffi.copy(place, of_hex(carrier):reverse(), ffi.sizeof(TYPES[of]))
    local value = place[0]
    -- Some NaNs are other values to LuaJIT, nil among them: all go in as one.
    return type(value) == "number" and value == value and value or 0 / 0
  end
  if of == "bool" then return carrier == "1" end
  if of == "u64" or of == "pointer" then return ffi.C.strtoull(carrier, nil, 10) end
  return ffi.C.strtoll(carrier, nil, 10)
end

local function text(of, value)
  if of == "void" then return "null" end
  if of == "f32" or of == "f64" then
    -- And what came back as one of those is a NaN.
    local place = ffi.new(TYPES[of] .. "[1]", type(value) == "number" and value or 0 / 0)
    local bytes = ffi.string(place, ffi.sizeof(TYPES[of])):reverse()
    return quoted((bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)))
  end
  if of == "bool" then return value and '"1"' or '"0"' end
  return quoted(type(value) == "number" and ("%d"):format(value) or decimal(value))
end

local function symbol_of(library, symbol)
  pcall(ffi.cdef, "void " .. symbol .. "(void);")
  libraries[library] = libraries[library] or ffi.load(library)
  return libraries[library][symbol]
end

-- Requests.

local answers = {}

function answers.hello(request)
  path = request.library
  libraries[path] = ffi.load(path)
  return '"is":"ready","protocol":1,"name":"LuaJIT FFI","version":' .. quoted(jit.version) ..
    ',"language":"Lua","level":"wire","capabilities":["libraries","collect"]' ..
    ',"dialects":["canonical-nan"]'
end

function answers.link(request)
  local names = {}
  -- LuaJIT says only at the call that there are more arguments than it has room for.
  if #request.parameters > 32 then
    return '"is":"unsupported","message":' .. quoted("LuaJIT calls with so many arguments not yet")
  end
  for index, of in ipairs({ request.returns, unpack(request.parameters) }) do
    if not TYPES[of] then
      return '"is":"unsupported","message":' .. quoted("LuaJIT has no type for " .. of)
    end
    names[index] = TYPES[of]
  end
  local library = request.library == NULL and path or request.library
  local found, symbol = pcall(symbol_of, library, request.symbol)
  if not found then
    return '"is":"unlinked","message":' .. quoted(library .. ": " .. symbol)
  end
  local prototype = table.remove(names, 1) .. "(*)(" .. table.concat(names, ",") .. ")"
  functions[#functions + 1] = {
    call = ffi.cast(prototype, symbol), parameters = request.parameters, returns = request.returns,
  }
  return ('"is":"bound","function":%d'):format(#functions - 1)
end

function answers.invoke(request)
  local linked = functions[request["function"] + 1]
  for _, block in ipairs(kept) do ffi.C.free(block) end
  kept = {}
  for index, block in ipairs(request.blocks) do
    local content = of_hex(block.bytes)
    kept[index] = ffi.C.malloc(#content) -- aligned to 16
    ffi.copy(kept[index], content, #content)
  end
  for index, block in ipairs(request.blocks) do
    for _, pointer in ipairs(block.pointers) do
      local place = ffi.cast("char *", kept[index]) + pointer[1]
      ffi.cast("uintptr_t *", place)[0] = address(kept[pointer[2] + 1])
    end
  end
  local given = {}
  for index, carrier in ipairs(request.arguments) do
    given[index] = argument(linked.parameters[index], carrier)
  end
  local value = text(linked.returns, linked.call(unpack(given, 1, #linked.parameters)))
  local blocks = {}
  for index, block in ipairs(request.blocks) do
    blocks[index] = quoted(hex(kept[index], #block.bytes / 2))
  end
  return '"is":"returned","value":' .. value .. ',"blocks":[' .. table.concat(blocks, ",") .. "]"
end

function answers.peek(request)
  local from = ffi.C.strtoull(request.address, nil, 10)
  return '"is":"memory","bytes":' .. quoted(hex(from, request.length))
end

function answers.collect()
  collectgarbage()
  return '"is":"done"'
end

function answers.stop()
  return '"is":"done"'
end

for line in io.lines() do
  local request = read(line, 1)
  local done, reply = pcall(answers[request["do"]], request)
  if not done then -- what goes wrong here is the adapter's, and said to be
    reply = '"is":"adapter-error","message":' .. quoted(tostring(reply))
  end
  io.write('{"id":', ("%d"):format(request.id), ",", reply, "}\n")
  io.flush()
  if request["do"] == "stop" then break end
end
