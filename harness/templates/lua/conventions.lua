-- How calls are made (docs/protocol.md): with how many arguments, with those of a variadic function, with `errno`.

jit.off(true, true) -- such calls are the interpreter's

local ffi = require("ffi")
local library = ... -- the adapter's
local conventions, answers = {}, library.callbacks.answers
local null = library.json.null
local errno = { kept = 0 } -- what the last call left there of those that keep it; `set`, what the next is to find

-- Raises an error where LuaJIT has no room for arguments of these types, which it says only at the call: behind the registers
-- it has 31 words, and there a struct of more than two words is whole.
function conventions.room_for(parameters)
  local words, floats, memory = 0, 0, 0
  for _, of in ipairs(parameters) do
    local size = math.ceil(library.structs.size(of) / 8)
    if of == "f32" or of == "f64" then
      floats = floats + 1
    elseif size <= 2 then
      words = words + size
    else
      memory = memory + size
    end
  end
  if math.max(words - 6, 0) + math.max(floats - 8, 0) + memory > 31 then
    error("LuaJIT calls with so many arguments not yet", 0)
  end
end

-- How many parameters a variadic function names.
function conventions.fixed(asked)
  return asked.fixed ~= null and asked.fixed or nil
end

-- A number that is variable is a double, unless it is a value of a type of C's.
local function variadic(call, parameters, fixed)
  return function(...)
    local given = { ... }
    for at = fixed + 1, #parameters do
      if type(given[at]) == "number" then given[at] = library.structs.cast(parameters[at], given[at]) end
    end
    return call(unpack(given, 1, #parameters))
  end
end

local function keeping(call)
  return function(...)
    if errno.set then ffi.errno(errno.set) end
    local value = call(...)
    errno.kept = ffi.errno()
    return value
  end
end

-- A function that makes its calls as a request asks.
function conventions.as_asked(linked, asked)
  local fixed = conventions.fixed(asked)
  if fixed then linked.call = variadic(linked.call, linked.parameters, fixed) end
  if asked.errno == true then linked.call = keeping(linked.call) end
  return linked
end

function answers.errno(request)
  if request.set ~= null then errno.set = request.set end
  return { is = "errno", value = errno.kept % 2^32 }
end

return conventions
