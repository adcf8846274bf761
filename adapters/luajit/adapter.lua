-- LuaJIT's FFI, judged at wire level (docs/protocol.md): it does as it is told.

local ffi = require("ffi")
local json = require("cjson")

ffi.cdef [[
int64_t strtoll(const char *, char **, int);
uint64_t strtoull(const char *, char **, int);
struct monotonic { int64_t s, ns; };
int clock_gettime(int, struct monotonic *);
]]

local TYPES = {
  i8 = "int8_t", i16 = "int16_t", i32 = "int32_t", i64 = "int64_t",
  u8 = "uint8_t", u16 = "uint16_t", u32 = "uint32_t", u64 = "uint64_t",
  f32 = "float", f64 = "double", bool = "bool", pointer = "void *", void = "void",
}
local complex = { f32 = ffi.typeof("float _Complex"), f64 = ffi.typeof("double _Complex") }
local FLOATS = { f32 = ffi.typeof("float[1]"), f64 = ffi.typeof("double[1]") }
-- Whether the bits of a float, in hex, are those of a NaN.
local NAN = {
  f32 = function(bits) return bits:find("^[7f]f[89a-f]") and bits:sub(3) ~= "800000" end,
  f64 = function(bits) return bits:find("^[7f]ff") and bits:sub(4) ~= "0000000000000" end,
}
-- How many calls of a function LuaJIT's interpreter makes before its compiler may. Left to itself, LuaJIT counts in
-- 64 cells by a hash of addresses, and what a trial met would differ from run to run.
local COLD = 8000
local CALLED_BACK = 16 -- parameters that a callback may have: LuaJIT's "cannot convert" says no more than that
local functions, libraries = {}, {}
local linked = 0 -- symbols so far, also those that are missing
local kept = {} -- the memory of the last call
local errno = { kept = 0 } -- what the last call left there of those that keep it; `set`, what the next is to find
local prototypes = {} -- types of callbacks: LuaJIT keeps each that is written, and has room for 65,536
local objects, made_so_far = {}, 0 -- function objects by number, each with what it was called with
local structs, named = {}, 0 -- types of structs by their members, and how many there are
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

-- Of each block a buffer that holds it, the address in it that is aligned to 16, and what is there.
local function lay_out(blocks)
  local rooms = {}
  for index, block in ipairs(blocks) do
    local content = of_hex(block.bytes)
    local buffer = ffi.new("char[?]", #content + 16)
    local start = buffer + tonumber(-ffi.cast("uintptr_t", buffer) % 16)
    ffi.copy(start, content, #content)
    rooms[index] = { buffer = buffer, start = start }
  end
  for index, block in ipairs(blocks) do
    for _, at in ipairs(block.pointers) do
      ffi.cast("void **", rooms[index].start + at[1])[0] = rooms[at[2] + 1].start
    end
    rooms[index].content = ffi.string(rooms[index].start, #block.bytes / 2)
  end
  return rooms
end

local function argument(of, carrier, rooms)
  if type(carrier) == "table" then return rooms[carrier.block + 1].start end
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

-- The types of the members of a struct or union.
local function within(of)
  return of.struct or of.packed or of.union
end

-- The declaration in C of something of a type. A struct is declared where it is met first.
local function declared(of, name)
  if type(of) ~= "table" then return TYPES[of] .. " " .. name end
  if of.array then return declared(of.array[2], ("%s[%d]"):format(name, of.array[1])) end
  if of.complex then return (of.complex == "f32" and "float" or "double") .. " _Complex " .. name end
  local members, kind = {}, of.union and "union" or of.packed and "struct __attribute__((packed))" or "struct"
  for at, member in ipairs(within(of)) do members[at] = declared(member, "m" .. at) .. ";" end
  local text = kind .. table.concat(members, " ")
  if not structs[text] then
    named = named + 1
    local tag = "by_value_" .. named
    structs[text] = (of.union and "union " or "struct ") .. tag
    ffi.cdef(("%s %s { %s };"):format(kind, tag, table.concat(members, " ")))
  end
  return structs[text] .. " " .. name
end

-- The first scalar of a type that LuaJIT has no type for.
local function lacking(of)
  if type(of) ~= "table" then return not TYPES[of] and of end
  for _, part in ipairs(within(of) or { of.complex or of.array[2] }) do
    local found = lacking(part)
    if found then return found end
  end
end

-- What LuaJIT makes a struct or an array of.
local function members(of, carrier)
  if type(of) ~= "table" then return argument(of, carrier) end
  if of.complex then return complex[of.complex](members(of.complex, carrier[1]), members(of.complex, carrier[2])) end
  local values, parts = {}, within(of)
  for at, one in ipairs(carrier) do
    if not of.union then
      values[at] = members(parts and parts[at] or of.array[2], one)
    elseif one ~= json.null then
      values["m" .. at] = members(parts[at], one)
    end
  end
  return values
end

-- What came back: a carrier, or of a struct or an array its members.
local function came(of, value)
  if type(of) ~= "table" then return text(of, value) end
  local said = {}
  if of.complex then return { text(of.complex, tonumber(value.re)), text(of.complex, tonumber(value.im)) } end
  for at, member in ipairs(within(of) or {}) do said[at] = came(member, value["m" .. at]) end
  for at = 1, of.array and of.array[1] or 0 do said[at] = came(of.array[2], value[at - 1]) end
  return said
end

-- Whether LuaJIT has room for the arguments: 31 words on the stack (32 before 2023), where a struct of more than two is.
-- It says so only at the call.
local function fits(parameters)
  local words, floats, memory = 0, 0, 0
  for _, of in ipairs(parameters) do
    local size = type(of) == "table" and ffi.sizeof(declared(of, "")) or 8
    if size > 16 then
      memory = memory + math.ceil(size / 8)
    elseif FLOATS[of] then
      floats = floats + 1
    else
      words = words + math.ceil(size / 8)
    end
  end
  return math.max(words - 6, 0) + math.max(floats - 8, 0) + memory <= 31
end

local answers = {}

function answers.hello(request)
  main = request.library
  libraries[main] = ffi.load(main)
  return { is = "ready", protocol = 1, name = "luajit", version = jit.version, language = "Lua", level = "wire",
    capabilities = { "loops", "libraries", "collect", "callbacks", "callback-types", "kept-callbacks", "by-value", "unions", "complex",
      "variadics", "errno", "set-errno" }, dialects = { "canonical-nan" },
    lacks = { "f16" } }
end

function answers.link(request)
  local types, names = {}, {}
  for index, of in ipairs({ request.returns, unpack(request.parameters) }) do
    local lacks = lacking(of)
    if lacks then return { is = "unsupported", message = "LuaJIT has no type for " .. lacks } end
    types[index], names[index] = declared(of, ""), "x" .. index
  end
  if not fits(request.parameters) then
    return { is = "unsupported", message = "LuaJIT calls with so many arguments not yet" }
  end
  -- Of a variadic function those that it names are declared.
  local fixed = request.fixed ~= json.null and request.fixed
  if fixed then
    for index = #types, fixed + 2, -1 do types[index] = nil end
    types[fixed + 2] = "..."
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
  functions[#functions + 1] = { call = call, calls = 0, parameters = request.parameters, fixed = fixed,
    returns = request.returns, errno = request.errno }
  return { is = "bound", ["function"] = #functions - 1 }
end

-- Apart from pcall, which LuaJIT compiles nothing for that returns to it.
local function called(found, given)
  if found.errno and errno.set then ffi.errno(errno.set) end
  local value = found.call(unpack(given, 1, #found.parameters))
  if found.errno then errno = { kept = ffi.errno() } end
  return came(found.returns, value)
end

-- Counts calls of a function that are about to be made, and lets LuaJIT compile it from COLD on. What calls back must not be
-- compiled: LuaJIT has no way from a compiled call into the interpreter.
local function heat(found, calls)
  if next(objects) then return end
  if found.calls < COLD and found.calls + calls >= COLD then jit.on(found.call) end
  found.calls = found.calls + calls
end

-- A callback, which answers as it is told and notes what it is called with.
local function callback(asked, found, given)
  local types, calls = {}, {}
  if #asked.parameters > CALLED_BACK then error("LuaJIT calls back with so many arguments not yet", 0) end
  for index, of in ipairs(asked.parameters) do types[index] = TYPES[of] end
  local function answer(...)
    local call = {}
    for index, of in ipairs(asked.parameters) do call[index] = text(of, (select(index, ...))) end
    calls[#calls + 1] = call
    local told = asked.answers[math.min(#calls, #asked.answers)]
    if told == json.null then return nil end
    if type(told) ~= "table" then return argument(asked.returns, told) end
    local again = {}
    for index, one in ipairs(told.again) do
      -- What was given may be false.
      if type(one) == "table" then again[index] = given[one.argument + 1]
      else again[index] = argument(found.parameters[index], one) end
    end
    return found.call(unpack(again, 1, #found.parameters))
  end
  if asked.plain then
    local value = nil
    if asked.answers[1] ~= json.null then value = argument(asked.returns, asked.answers[1]) end
    answer = function() return value end
  end
  local prototype = ("%s (*)(%s)"):format(TYPES[asked.returns], table.concat(types, ","))
  prototypes[prototype] = prototypes[prototype] or ffi.typeof(prototype)
  return ffi.cast(prototypes[prototype], answer), calls
end

function answers.make_address(request)
  local done, one, noted = pcall(callback, request)
  if not done then return { is = "unsupported", message = one } end
  local number = ("%d"):format(made_so_far)
  made_so_far = made_so_far + 1
  objects[number] = { one = one, calls = noted }
  return { is = "made", kept = number, address = text("pointer", ffi.cast("void *", one)) }
end

function answers.heard(request)
  return { is = "heard", calls = objects[request.kept].calls }
end

function answers.release(request)
  objects[request.kept].one:free()
  objects[request.kept] = nil
  return { is = "done" }
end

function answers.invoke(request)
  local found = functions[request["function"] + 1]
  local blocks, given, made, calls = {}, {}, {}, {}
  kept = lay_out(request.blocks)
  for index, carrier in ipairs(request.arguments) do
    if type(carrier) == "table" and carrier.callback then
      local done, one, noted = pcall(callback, carrier.callback, found, given)
      if not done then return { is = "unsupported", message = one } end
      made[#made + 1], calls[#calls + 1] = one, noted
      given[index] = ffi.cast("void *", made[#made])
    elseif type(found.parameters[index]) == "table" then
      local of = found.parameters[index]
      given[index] = ffi.new(declared(of, ""), members(of, carrier))
    else
      given[index] = argument(found.parameters[index], carrier, kept)
      -- A number that is variable is a double, unless it is a value of a C type.
      if found.fixed and index > found.fixed then
        given[index] = ffi.cast(TYPES[found.parameters[index]], given[index])
      end
    end
  end
  if #made == 0 then heat(found, 1) end
  local done, value = pcall(called, found, given)
  for _, one in ipairs(made) do one:free() end
  if not done then return { is = "unsupported", message = value } end
  for index, room in ipairs(kept) do blocks[index] = hex(ffi.string(room.start, #room.content)) end
  return { is = "returned", value = value, blocks = #blocks > 0 and blocks or nil, calls = #calls > 0 and calls or nil }
end

-- The source of what a step passes for an argument: ready in `given`, or left by earlier steps in `results` or `words`.
local function source(script, of, carrier)
  if type(carrier) ~= "table" or carrier.block then
    table.insert(script.given, argument(of, carrier, script.rooms))
    return ("given[%d]"):format(#script.given)
  end
  local left, is = nil, "u64"
  if carrier.result then
    left, is = ("results[%d]"):format(carrier.result + 1), script.steps[carrier.result + 1].returns
  else
    local start = script.rooms[carrier.word[1] + 1].start
    table.insert(script.words, ffi.cast("uint64_t *", start + carrier.word[2]))
    left = ("words[%d][0]"):format(#script.words)
  end
  if of == "pointer" then return is == "pointer" and left or ("cast(address, %s)"):format(left) end
  return is == "pointer" and ("cast(word, %s)"):format(left) or left
end

-- A script with its memory and a function that makes its steps once and leaves what they return in `results`.
local function ready(asked, runs)
  local script = { rooms = lay_out(asked.blocks), steps = {}, given = {}, words = {}, results = {}, calls = {} }
  local lines = {}
  for index, step in ipairs(asked.steps) do
    local found, given = functions[step["function"] + 1], {}
    heat(found, runs)
    script.steps[index], script.calls[index] = found, found.call
    for at, carrier in ipairs(step.arguments) do given[at] = source(script, found.parameters[at], carrier) end
    lines[index] = ("results[%d] = calls[%d](%s)"):format(index, index, table.concat(given, ", "))
  end
  local text = "local calls, given, words, results, cast, address, word = ... return function() %s end"
  script.run = loadstring(text:format(table.concat(lines, " ")))(script.calls, script.given, script.words,
    script.results, ffi.cast, ffi.typeof("void *"), ffi.typeof("uint64_t"))
  return script
end

local function said(of, value)
  local carrier = text(of, value)
  return of == "pointer" and carrier ~= "0" and "1" or carrier
end

-- What a run of a script came to.
local function outcome(script, show)
  local values, shown = {}, {}
  for index, found in ipairs(script.steps) do values[index] = said(found.returns, script.results[index]) end
  for index, piece in ipairs(show) do
    shown[index] = hex(ffi.string(script.rooms[piece[1] + 1].start + piece[2], piece[3]))
  end
  return { values = values, shown = shown, times = 0 }
end

function answers.loop(request)
  local scripts, tallies, at = {}, {}, {}
  for index, asked in ipairs(request.scripts) do
    scripts[index], tallies[index], at[index] = ready(asked, request.rounds), {}, {}
  end
  for turn = 0, request.rounds - 1 do
    local number = turn % #scripts + 1
    local script, tally = scripts[number], tallies[number]
    for _, room in ipairs(script.rooms) do ffi.copy(room.start, room.content, #room.content) end
    local done, came = pcall(script.run)
    if done then done, came = pcall(outcome, script, request.scripts[number].show) end
    if not done then return { is = "unsupported", message = came } end
    local key = json.encode(came)
    if not at[number][key] and #tally < 16 then
      tally[#tally + 1] = came
      at[number][key] = #tally
    end
    came = tally[at[number][key] or 16]
    came.times = came.times + 1
  end
  return { is = "looped", scripts = tallies }
end

local function now()
  local time = ffi.new("struct monotonic")
  ffi.C.clock_gettime(1, time)
  return time.s * 1000000000 + time.ns
end

local function turns(runs, count)
  local at, rows = 1, #runs
  for _ = 1, count do
    runs[at]()
    at = at < rows and at + 1 or 1
  end
end

function answers.clock(request)
  local rows, runs, checksum = {}, {}, 0ULL
  for index, asked in ipairs(request.rows) do
    rows[index] = ready(asked, COLD)
    runs[index] = rows[index].run
  end
  local start = now()
  turns(runs, request.count)
  local elapsed = now() - start
  for index = 1, math.min(request.count, #rows) do
    local row, sum = rows[index], 0ULL
    for _, bits in ipairs(request.rows[index].bits) do
      if bits.word then
        sum = sum + ffi.cast("uint64_t *", row.rooms[bits.word[1] + 1].start + bits.word[2])[0]
      else
        local of = row.steps[bits.result + 1].returns
        local carrier = said(of, row.results[bits.result + 1])
        sum = sum + ffi.C.strtoull(carrier, nil, FLOATS[of] and 16 or 10)
      end
    end
    checksum = checksum * 31 + sum
  end
  return { is = "benched", elapsed_ns = tonumber(elapsed), checksum = said("u64", checksum) }
end

function answers.errno(request)
  if request.set ~= json.null then errno.set = request.set end
  return { is = "errno", value = errno.kept % 2^32 }
end

function answers.peek(request)
  return { is = "memory", bytes = hex(ffi.string(pointer(request.address), request.length)) }
end

function answers.collect()
  collectgarbage()
  return answers.stop()
end

function answers.stop() return { is = "done" } end

-- Calls without arguments, and functions that were not called, as the lists that they are.
local function empty(key, rest)
  return key .. rest:gsub("{}", "[]")
end

for line in io.lines() do
  local request = json.decode(line)
  local done, reply = pcall(answers[request["do"]:gsub("-", "_")], request)
  -- What goes wrong here is the adapter's, and said to be.
  if not done then reply = { is = "adapter-error", message = tostring(reply) } end
  reply.id = request.id
  -- An empty table is an object to this JSON; in replies only what is shown may be empty.
  io.write((json.encode(reply):gsub('("shown":){}', '%1[]'):gsub('("calls":)(.*)$', empty)), "\n")
  io.flush()
  if request["do"] == "stop" then break end
end
