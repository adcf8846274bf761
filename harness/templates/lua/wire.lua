-- The protocol (docs/protocol.md) over what the adapter says of its library.

local library = ...
local json, structs, callbacks = library.json, library.structs, library.callbacks
local answers = callbacks.answers
local functions = {}
local path, kept -- the fixture library's, and the memory of the last call

function library.of_hex(text)
  return (text:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

function library.hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- What lies in memory from there.
local function shown(address, length)
  return library.hex(library.string(address, length))
end

local function fill(room)
  for at, content in ipairs(room.contents) do library.fill(room.blocks[at], content, #content) end
end

-- The memory of a call or a script: blocks, and what is to be in them.
local function lay_out(blocks)
  local room = { blocks = {}, contents = {} }
  for at, block in ipairs(blocks) do
    room.contents[at] = library.of_hex(block.bytes)
    room.blocks[at] = library.allocate(#room.contents[at])
  end
  fill(room)
  for at, block in ipairs(blocks) do
    for _, pointer in ipairs(block.pointers) do
      library.word("pointer", room.blocks[at] + pointer[1])[0] = room.blocks[pointer[2] + 1]
    end
    room.contents[at] = library.string(room.blocks[at], #room.contents[at])
  end
  return room
end

local function let_go(room)
  for _, block in ipairs(room.blocks) do library.free(block) end
end

-- Functions of the host's that a call was given live no longer.
local function take_back(lent)
  for _, one in ipairs(lent) do one:free() end
end

-- What is passed, or a function that gives it where earlier steps, which return that, leave it.
local function argument(of, carrier, room, returns)
  if type(of) == "table" then return structs.value(of, carrier) end
  if type(carrier) ~= "table" then return library.scalar(of, carrier) end
  if carrier.block then return room.blocks[carrier.block + 1] end
  if carrier.result then
    local at = carrier.result + 1
    if (of == "pointer") == (returns[at] == "pointer") then return function(results) return results[at] end end
    return function(results) return structs.cast(of == "pointer" and of or "u64", results[at]) end
  end
  local place = library.word(of, room.blocks[carrier.word[1] + 1] + carrier.word[2])
  return function() return place[0] end
end

-- Of an address only whether it is null.
local function said(of, value)
  if of == "pointer" then return value == nil and "0" or "1" end
  return structs.carrier(of, value)
end

function answers.hello(request)
  path = request.library
  return library.about
end

function answers.link(request)
  local from = request.library == json.null and path or request.library
  local linked, is, message = library.link(from, request)
  if not linked then return { is = is, message = message } end
  functions[#functions + 1] = linked
  return { is = "bound", ["function"] = #functions - 1 }
end

function answers.invoke(request)
  local linked = functions[request["function"] + 1]
  if kept then let_go(kept) end
  kept = lay_out(request.blocks)
  local given, lent, calls, blocks = {}, {}, {}, {}
  for at, carrier in ipairs(request.arguments) do
    local told = type(carrier) == "table" and carrier.callback
    if told then
      local has, made, heard = pcall(callbacks.make, told, linked, given)
      if not has then
        take_back(lent)
        return { is = "unsupported", message = made }
      end
      given[at], lent[#lent + 1], calls[#calls + 1] = library.pointer(made), made, heard
    else
      given[at] = argument(linked.parameters[at], carrier, kept)
    end
  end
  local done, value = pcall(linked.call, unpack(given, 1, #given))
  if done then done, value = pcall(structs.carrier, linked.returns, value) end
  take_back(lent)
  if not done then return { is = "unsupported", message = value } end
  for at, content in ipairs(kept.contents) do blocks[at] = shown(kept.blocks[at], #content) end
  return { is = "returned", value = value, blocks = blocks, calls = calls }
end
jit.off(answers.invoke, true) -- what it calls may call back

function answers.peek(request)
  return { is = "memory", bytes = shown(library.pointer(library.number(request.address)), request.length) }
end

function answers.collect()
  collectgarbage()
  return { is = "done" }
end

-- The memory of a script that runs so often, and its calls.
local function ready(script, runs)
  local made = { room = lay_out(script.blocks), calls = {}, returns = {} }
  for step, asked in ipairs(script.steps) do
    local linked, given = functions[asked["function"] + 1], {}
    for at, carrier in ipairs(asked.arguments) do
      given[at] = argument(linked.parameters[at], carrier, made.room, made.returns)
    end
    made.calls[step], made.returns[step] = library.caller(linked, given, runs), linked.returns
  end
  return made
end

local function run(script, results)
  for step, call in ipairs(script.calls) do results[step] = call(results) end
end
-- So each call is compiled for itself, and none is not because what it shares with others was given up.
jit.off(run)

-- What a run of a script came to.
local function outcome(script, show)
  local results, values, pieces = {}, {}, {}
  fill(script.room)
  run(script, results)
  for step, of in ipairs(script.returns) do values[step] = said(of, results[step]) end
  for at, piece in ipairs(show) do pieces[at] = shown(script.room.blocks[piece[1] + 1] + piece[2], piece[3]) end
  return { values = values, shown = pieces, times = 0 }
end

function answers.loop(request)
  local scripts, tallies, wrong = {}, {}, nil -- a tally has its outcomes as a list, and each by what it says
  for at, script in ipairs(request.scripts) do
    scripts[at], tallies[at] = ready(script, request.rounds), {}
  end
  for turn = 0, request.rounds - 1 do
    local at = turn % #scripts + 1
    local done, came = pcall(outcome, scripts[at], request.scripts[at].show)
    if not done then
      wrong = came
      break
    end
    local tally = tallies[at]
    local key = json.write({ came.values, came.shown })
    if not tally[key] and #tally < 16 then tally[key], tally[#tally + 1] = came, came end
    came = tally[key] or tally[16]
    came.times = came.times + 1
  end
  for _, script in ipairs(scripts) do let_go(script.room) end
  if wrong then return { is = "unsupported", message = wrong } end
  return { is = "looped", scripts = tallies }
end

-- What counts on the clock: a result, or a word of a block.
local function bits(of, value)
  return library.number(said(of, value), (of == "f32" or of == "f64") and 16 or 10)
end

-- By the interpreter: what is compiled of a call hangs on the program around it, and here on chance.
function answers.clock(request)
  local rows, last, alone, checksum = {}, {}, {}, 0ULL
  for at, row in ipairs(request.rows) do
    rows[at], last[at] = ready(row, 0), {}
    alone[at] = #row.steps == 1 and rows[at].calls[1]
  end
  local count, at, begun = #rows, 1, library.now()
  for _ = 1, request.count do
    if alone[at] then last[at][1] = alone[at](last[at]) else run(rows[at], last[at]) end
    at = at == count and 1 or at + 1
  end
  local elapsed = library.now() - begun
  for row = 1, math.min(request.count, count) do
    checksum = checksum * 31
    for _, one in ipairs(request.rows[row].bits) do
      local of = one.result and rows[row].returns[one.result + 1] or "u64"
      checksum = checksum + bits(of, argument(of, one, rows[row].room, rows[row].returns)(last[row]))
    end
  end
  for _, row in ipairs(rows) do let_go(row.room) end
  return { is = "benched", elapsed_ns = tonumber(elapsed), checksum = library.carrier("u64", checksum) }
end
jit.off(answers.clock)

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
