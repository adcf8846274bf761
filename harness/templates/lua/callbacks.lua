-- Functions of the host's (docs/protocol.md): C functions of LuaJIT's making, which answer as they are told and note
-- what they are called with.

local ffi = require("ffi")
local TYPES, argument, text, quoted, NULL = ... -- the adapter's
local MOST = 16 -- parameters of a function that LuaJIT makes
local callbacks, answers = {}, {}
local prototypes = {} -- LuaJIT keeps each type that is written, and has room for 65,536
local objects, made = {}, 0 -- those that are kept, by number

-- The function that a request asks for, and its calls so far; `again` makes the call once more that it is given to, of
-- these carriers. What makes a call while it lives must not be compiled: LuaJIT has no way back from there into Lua.
function callbacks.make(asked, again)
  local types, calls = {}, {}
  if #asked.parameters > MOST then
    error(("LuaJIT makes no function of more than %d parameters, and this has %d"):format(MOST, #asked.parameters), 0)
  end
  for index, of in ipairs({ asked.returns, unpack(asked.parameters) }) do
    types[index] = TYPES[of] or error("LuaJIT has no type for " .. of, 0)
  end
  local function answer(...)
    local call = {}
    for index, of in ipairs(asked.parameters) do call[index] = text(of, (select(index, ...))) end
    calls[#calls + 1] = "[" .. table.concat(call, ",") .. "]"
    local told = asked.answers[math.min(#calls, #asked.answers)]
    if told == NULL then return nil end
    if type(told) == "table" then return again(told.again) end
    return argument(asked.returns, told)
  end
  if asked.plain == true then
    local value
    if asked.answers[1] ~= NULL then value = argument(asked.returns, asked.answers[1]) end
    answer = function() return value end
  end
  local prototype = table.remove(types, 1) .. "(*)(" .. table.concat(types, ",") .. ")"
  prototypes[prototype] = prototypes[prototype] or ffi.typeof(prototype)
  return ffi.cast(prototypes[prototype], answer), calls
end
jit.off(callbacks.make, true) -- and what is in it

-- Whether what is called may call back.
function callbacks.live()
  return next(objects) ~= nil
end

-- Calls as a list in JSON.
function callbacks.said(calls)
  return "[" .. table.concat(calls, ",") .. "]"
end

answers["make-address"] = function(request)
  local done, object, calls = pcall(callbacks.make, request)
  if not done then return '"is":"unsupported","message":' .. quoted(object) end
  local number = tostring(made)
  made, objects[number] = made + 1, { own = object, calls = calls }
  return ('"is":"made","kept":"%s","address":%s'):format(number, text("pointer", ffi.cast("uintptr_t", object)))
end

function answers.heard(request)
  return '"is":"heard","calls":' .. callbacks.said(objects[request.kept].calls)
end

function answers.release(request)
  objects[request.kept].own:free()
  objects[request.kept] = nil
  return '"is":"done"'
end

callbacks.answers = answers
return callbacks
