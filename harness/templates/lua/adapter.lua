-- LuaJIT's FFI, judged at wire level (docs/protocol.md): it does as it is told.

local ffi = require("ffi")

ffi.cdef [[
void *malloc(size_t);
void free(void *);
struct timespec { long seconds, nanoseconds; };
int clock_gettime(int, struct timespec *);
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

-- The memory of a call or a script: a list of addresses, and of what is to be there.
local function lay_out(blocks)
  local laid, contents = {}, {}
  for index, block in ipairs(blocks) do
    contents[index] = of_hex(block.bytes)
    laid[index] = ffi.C.malloc(#contents[index]) -- aligned to 16
    ffi.copy(laid[index], contents[index], #contents[index])
  end
  for index, block in ipairs(blocks) do
    for _, pointer in ipairs(block.pointers) do
      local place = ffi.cast("char *", laid[index]) + pointer[1]
      ffi.cast("uintptr_t *", place)[0] = address(laid[pointer[2] + 1])
    end
    contents[index] = ffi.string(laid[index], #contents[index])
  end
  return laid, contents
end

local function let_go(blocks)
  for _, block in ipairs(blocks) do ffi.C.free(block) end
end

-- What is passed, or a function that gives it where earlier steps leave it.
local function argument(of, carrier, blocks)
  if type(carrier) == "table" then
    if carrier.block then return address(blocks[carrier.block + 1]) end
    if carrier.result then return function(results) return results[carrier.result + 1] end end
    local place = ffi.cast("char *", blocks[carrier.word[1] + 1]) + carrier.word[2]
    return function() return ffi.cast("uint64_t *", place)[0] end
  end
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

-- What stands in the files beside this one, made of what is above.
local function beside(name)
  return assert(loadfile((arg[0]:match("^.*/") or "") .. name))(TYPES, argument, text, quoted, NULL)
end
local structs, callbacks = beside("structs.lua"), beside("callbacks.lua")

-- Requests.

local answers = callbacks.answers

function answers.hello(request)
  path = request.library
  libraries[path] = ffi.load(path)
  return '"is":"ready","protocol":1,"name":"LuaJIT FFI","version":' .. quoted(jit.version) ..
    ',"language":"Lua","level":"wire","capabilities":["loops","libraries","collect",' ..
    '"callbacks","callback-types","kept-callbacks","by-value"],"dialects":["canonical-nan"],"lacks":["f16"]'
end

function answers.link(request)
  local names = {}
  for index, of in ipairs({ request.returns, unpack(request.parameters) }) do
    names[index] = structs.named(of)
    if not names[index] then
      return '"is":"unsupported","message":' .. quoted("LuaJIT has no type for " .. tostring(of))
    end
  end
  if not structs.fit(request.parameters) then
    return '"is":"unsupported","message":' .. quoted("LuaJIT calls with so many arguments not yet")
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
  let_go(kept)
  kept = lay_out(request.blocks)
  local given, lent, calls = {}, {}, {}
  local function again(carriers)
    local these = {}
    for index, one in ipairs(carriers) do
      these[index] = type(one) == "table" and given[one.argument + 1] or argument(linked.parameters[index], one)
    end
    return linked.call(unpack(these, 1, #these))
  end
  for index, carrier in ipairs(request.arguments) do
    local of = linked.parameters[index]
    if type(of) == "table" then
      given[index] = structs.argument(of, carrier)
    elseif type(carrier) == "table" and carrier.callback then
      local done, made, noted = pcall(callbacks.make, carrier.callback, again)
      if not done then return '"is":"unsupported","message":' .. quoted(made) end
      given[index], lent[#lent + 1], calls[#calls + 1] = address(made), made, noted
    else
      given[index] = argument(of, carrier, kept)
    end
  end
  local value = structs.text(linked.returns, linked.call(unpack(given, 1, #given)))
  for index, one in ipairs(lent) do
    one:free()
    calls[index] = callbacks.said(calls[index])
  end
  local blocks = {}
  for index, block in ipairs(request.blocks) do
    blocks[index] = quoted(hex(kept[index], #block.bytes / 2))
  end
  return '"is":"returned","value":' .. value .. ',"blocks":[' .. table.concat(blocks, ",") .. "]" ..
    ',"calls":' .. callbacks.said(calls)
end
jit.off(answers.invoke, true) -- what it calls may call back

function answers.peek(request)
  local from = ffi.C.strtoull(request.address, nil, 10)
  return '"is":"memory","bytes":' .. quoted(hex(from, request.length))
end

function answers.collect()
  collectgarbage()
  return '"is":"done"'
end

-- A function of the results so far that makes a call: it is made as text, so that LuaJIT compiles it.
local function caller(linked, given)
  local names = {}
  for index, one in ipairs(given) do
    names[index] = "given[" .. index .. "]" .. (type(one) == "function" and "(results)" or "")
  end
  local made = "local call, given = ... return function(results) return call(%s) end"
  local call = loadstring(made:format(table.concat(names, ", ")))(linked.call, given)
  if callbacks.live() then jit.off(call) end
  return call
end

local function ready(script)
  local made = { calls = {}, returns = {} }
  made.blocks, made.contents = lay_out(script.blocks)
  for index, step in ipairs(script.steps) do
    local linked, given = functions[step["function"] + 1], {}
    for at, carrier in ipairs(step.arguments) do
      given[at] = argument(linked.parameters[at], carrier, made.blocks)
    end
    made.calls[index], made.returns[index] = caller(linked, given), linked.returns
  end
  function made.run(results)
    for index, call in ipairs(made.calls) do results[index] = call(results) end
  end
  return made
end

function answers.loop(request)
  local scripts, tallies = {}, {}
  for index, script in ipairs(request.scripts) do
    scripts[index], tallies[index] = ready(script), { order = {} }
  end
  for turn = 0, request.rounds - 1 do
    local number = turn % #scripts + 1
    local script, tally, results = scripts[number], tallies[number], {}
    for index, content in ipairs(script.contents) do
      ffi.copy(script.blocks[index], content, #content)
    end
    script.run(results)
    local values, shown = {}, {}
    for index, of in ipairs(script.returns) do
      local pointer = of == "pointer" and (results[index] == 0 and '"0"' or '"1"')
      values[index] = pointer or text(of, results[index])
    end
    for index, piece in ipairs(request.scripts[number].show) do
      shown[index] = quoted(hex(ffi.cast("char *", script.blocks[piece[1] + 1]) + piece[2], piece[3]))
    end
    local outcome = '{"values":[' .. table.concat(values, ",") ..
      '],"shown":[' .. table.concat(shown, ",") .. "]"
    if not tally[outcome] and #tally.order == 16 then outcome = tally.order[16] end
    if not tally[outcome] then tally.order[#tally.order + 1] = outcome end
    tally[outcome] = (tally[outcome] or 0) + 1
  end
  for index, tally in ipairs(tallies) do
    let_go(scripts[index].blocks)
    for at, outcome in ipairs(tally.order) do
      tally.order[at] = ('%s,"times":%d}'):format(outcome, tally[outcome])
    end
    tallies[index] = "[" .. table.concat(tally.order, ",") .. "]"
  end
  return '"is":"looped","scripts":[' .. table.concat(tallies, ",") .. "]"
end

local function now()
  local time = ffi.new("struct timespec")
  ffi.C.clock_gettime(1, time) -- monotonic
  return time.seconds * 1000000000LL + time.nanoseconds
end

function answers.clock(request)
  local rows, runs, last, checksum = {}, {}, {}, 0ULL
  for index, row in ipairs(request.rows) do
    rows[index], last[index] = ready(row), {}
    runs[index] = #row.steps == 1 and rows[index].calls[1]
  end
  local count, at = #rows, 1
  local begun = now()
  for _ = 1, request.count do
    if runs[at] then last[at][1] = runs[at](last[at]) else rows[at].run(last[at]) end
    at = at == count and 1 or at + 1
  end
  local elapsed = now() - begun
  for index = 1, math.min(request.count, count) do
    local sum = 0ULL
    for _, one in ipairs(request.rows[index].bits) do
      local of, value = "u64", nil
      if one.word then
        value = argument(of, one, rows[index].blocks)()
      else
        of, value = rows[index].returns[one.result + 1], last[index][one.result + 1]
      end
      local said = text(of, value):gsub('"', "")
      if of == "pointer" then said = value == 0 and "0" or "1" end
      sum = sum + ((of == "f32" or of == "f64") and ffi.C.strtoull(said, nil, 16)
        or ffi.cast("uint64_t", argument("u64", said)))
    end
    checksum = checksum * 31 + sum
    let_go(rows[index].blocks)
  end
  return ('"is":"benched","elapsed_ns":%s,"checksum":"%s"'):format(decimal(elapsed), decimal(checksum))
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
