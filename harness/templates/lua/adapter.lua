-- LuaJIT's FFI, judged at wire level (docs/protocol.md): it does as it is told.

local ffi = require("ffi")

-- What stands in a file beside this one, made of what it is given.
local function beside(name, ...)
  return assert(loadfile((arg[0]:match("^.*/") or "") .. name))(...)
end

local json = beside("json.lua")
local c = beside("c.lua", json.null)
local structs = beside("structs.lua", c)
local callbacks = beside("callbacks.lua", structs, c, json.null)
local answers = callbacks.answers
local functions, libraries = {}, {}
local path, kept -- the fixture library's, and the memory of the last call

function answers.hello(request)
  path = request.library
  libraries[path] = ffi.load(path)
  return { is = "ready", protocol = 1, name = "LuaJIT FFI", version = jit.version, language = "Lua", level = "wire",
    capabilities = { "loops", "libraries", "collect", "callbacks", "callback-types", "kept-callbacks", "by-value" },
    dialects = { "canonical-nan" }, lacks = { "f16" } }
end

local function symbol_of(library, symbol)
  pcall(ffi.cdef, "void " .. symbol .. "(void);")
  libraries[library] = libraries[library] or ffi.load(library)
  return libraries[library][symbol]
end

function answers.link(request)
  local has, prototype = pcall(structs.prototype, request.returns, request.parameters)
  if not has then return { is = "unsupported", message = prototype } end
  if not structs.fit(request.parameters) then
    return { is = "unsupported", message = "LuaJIT calls with so many arguments not yet" }
  end
  local library = request.library == json.null and path or request.library
  local found, symbol = pcall(symbol_of, library, request.symbol)
  if not found then return { is = "unlinked", message = library .. ": " .. symbol } end
  functions[#functions + 1] = {
    call = ffi.cast(prototype, symbol), parameters = request.parameters, returns = request.returns,
  }
  return { is = "bound", ["function"] = #functions - 1 }
end

function answers.invoke(request)
  local linked = functions[request["function"] + 1]
  if kept then c.let_go(kept) end
  kept = c.lay_out(request.blocks)
  local given, lent, calls, blocks = {}, {}, {}, {}
  for at, carrier in ipairs(request.arguments) do
    local told = type(carrier) == "table" and carrier.callback
    if told then
      local has, made, heard = pcall(callbacks.make, told, linked, given)
      if not has then return { is = "unsupported", message = made } end
      given[at], lent[#lent + 1], calls[#calls + 1] = c.address(made), made, heard
    else
      given[at] = structs.argument(linked.parameters[at], carrier, kept)
    end
  end
  local value = structs.text(linked.returns, linked.call(unpack(given, 1, #given)))
  for _, one in ipairs(lent) do one:free() end
  for at, content in ipairs(kept.contents) do blocks[at] = c.hex(kept.blocks[at], #content) end
  return { is = "returned", value = value, blocks = blocks, calls = calls }
end
jit.off(answers.invoke, true) -- what it calls may call back

function answers.peek(request)
  return { is = "memory", bytes = c.hex(c.number(request.address), request.length) }
end

function answers.collect()
  collectgarbage()
  return { is = "done" }
end

-- A function of the results so far that makes a call: it is made as text, so that LuaJIT compiles it.
local function caller(linked, given)
  local names = {}
  for at, one in ipairs(given) do
    names[at] = "given[" .. at .. "]" .. (type(one) == "function" and "(results)" or "")
  end
  local made = "local call, given = ... return function(results) return call(%s) end"
  local call = loadstring(made:format(table.concat(names, ", ")))(linked.call, given)
  if callbacks.live() then jit.off(call) end
  return call
end

-- The memory of a script, and its calls.
local function ready(script)
  local made = { room = c.lay_out(script.blocks), calls = {}, returns = {} }
  for step, asked in ipairs(script.steps) do
    local linked, given = functions[asked["function"] + 1], {}
    for at, carrier in ipairs(asked.arguments) do
      given[at] = c.argument(linked.parameters[at], carrier, made.room)
    end
    made.calls[step], made.returns[step] = caller(linked, given), linked.returns
  end
  return made
end

local function run(script, results)
  for step, call in ipairs(script.calls) do results[step] = call(results) end
end

-- What a run of a script came to.
local function outcome(script, show)
  local results, values, shown = {}, {}, {}
  c.fill(script.room)
  run(script, results)
  for step, of in ipairs(script.returns) do values[step] = c.said(of, results[step]) end
  for at, piece in ipairs(show) do
    shown[at] = c.hex(c.place(script.room, piece[1], piece[2]), piece[3])
  end
  return { values = values, shown = shown, times = 0 }
end

function answers.loop(request)
  local scripts, tallies = {}, {} -- a tally has its outcomes as a list, and each by what it says
  for at, script in ipairs(request.scripts) do scripts[at], tallies[at] = ready(script), {} end
  for turn = 0, request.rounds - 1 do
    local at = turn % #scripts + 1
    local tally, came = tallies[at], outcome(scripts[at], request.scripts[at].show)
    local key = json.write({ came.values, came.shown })
    if not tally[key] and #tally < 16 then tally[key], tally[#tally + 1] = came, came end
    came = tally[key] or tally[16]
    came.times = came.times + 1
  end
  for _, script in ipairs(scripts) do c.let_go(script.room) end
  return { is = "looped", scripts = tallies }
end

function answers.clock(request)
  local rows, last, alone, checksum = {}, {}, {}, 0ULL
  for at, row in ipairs(request.rows) do
    rows[at], last[at] = ready(row), {}
    alone[at] = #row.steps == 1 and rows[at].calls[1]
  end
  local count, at, begun = #rows, 1, c.now()
  for _ = 1, request.count do
    if alone[at] then last[at][1] = alone[at](last[at]) else run(rows[at], last[at]) end
    at = at == count and 1 or at + 1
  end
  local elapsed = c.now() - begun
  for row = 1, math.min(request.count, count) do
    checksum = checksum * 31
    for _, one in ipairs(request.rows[row].bits) do
      local of = one.result and rows[row].returns[one.result + 1] or "u64"
      checksum = checksum + c.bits(of, c.argument(of, one, rows[row].room)(last[row]))
    end
  end
  for _, row in ipairs(rows) do c.let_go(row.room) end
  return { is = "benched", elapsed_ns = tonumber(elapsed), checksum = c.text("u64", checksum) }
end

function answers.stop()
  return { is = "done" }
end

jit.off(true)
for line in io.lines() do
  local request = json.read(line)
  local done, reply = pcall(answers[request["do"]], request)
  -- What goes wrong here is the adapter's, and said to be.
  if not done then reply = { is = "adapter-error", message = tostring(reply) } end
  reply.id = request.id
  io.write(json.write(reply), "\n")
  io.flush()
  if request["do"] == "stop" then break end
end
