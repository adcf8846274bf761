-- Functions of the host's (docs/protocol.md): C functions of LuaJIT's making, which answer as they are told and note
-- what they are called with.

-- What makes a call while one of them lives must not be compiled: LuaJIT has no way back from there into Lua.
jit.off(true, true)

local ffi = require("ffi")
local library = ... -- the adapter's
local null = library.json.null
local MOST = 16 -- parameters of a function that LuaJIT makes
local callbacks, answers = {}, {}
local prototypes = {} -- LuaJIT keeps each type that is written, and has room for 65,536
local objects, made = {}, 0 -- those that are kept, by number

-- The function that a request asks for, and the list of its calls so far. Of one that is given to a call: what that calls,
-- and its arguments.
function callbacks.make(asked, linked, given)
  local calls = {}
  if #asked.parameters > MOST then
    error(("LuaJIT makes no function of more than %d parameters, and this has %d"):format(MOST, #asked.parameters), 0)
  end
  local prototype = library.structs.prototype(asked.returns, asked.parameters)
  local function answer(...)
    local call = {}
    for at, of in ipairs(asked.parameters) do call[at] = library.carrier(of, (select(at, ...))) end
    calls[#calls + 1] = call
    local told = asked.answers[math.min(#calls, #asked.answers)]
    if told == null then return nil end
    if type(told) ~= "table" then return library.scalar(asked.returns, told) end
    local again = {}
    for at, one in ipairs(told.again) do
      -- What was given may be false.
      if type(one) == "table" then again[at] = given[one.argument + 1]
      else again[at] = library.scalar(linked.parameters[at], one) end
    end
    return linked.call(unpack(again, 1, #told.again))
  end
  if asked.plain == true then
    local value
    if asked.answers[1] ~= null then value = library.scalar(asked.returns, asked.answers[1]) end
    answer = function() return value end
  end
  prototypes[prototype] = prototypes[prototype] or ffi.typeof(prototype)
  return ffi.cast(prototypes[prototype], answer), calls
end

-- Whether what is called may call back.
function callbacks.live()
  return next(objects) ~= nil
end

answers["make-address"] = function(request)
  local has, object, calls = pcall(callbacks.make, request)
  if not has then return { is = "unsupported", message = object } end
  local number = tostring(made)
  made, objects[number] = made + 1, { own = object, calls = calls }
  return { is = "made", kept = number, address = library.carrier("pointer", object) }
end

function answers.heard(request)
  return { is = "heard", calls = objects[request.kept].calls }
end

function answers.release(request)
  objects[request.kept].own:free()
  objects[request.kept] = nil
  return { is = "done" }
end

callbacks.answers = answers
return callbacks
