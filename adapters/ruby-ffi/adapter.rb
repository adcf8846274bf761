# Puts the ffi gem of Ruby to the suite at wire level (docs/protocol.md). The gem's own types and conversions
# do the work: a type that it has not is unsupported, not made good.

require "ffi"
require "json"

TYPES = {
  "i8" => :int8, "i16" => :int16, "i32" => :int32, "i64" => :int64,
  "u8" => :uint8, "u16" => :uint16, "u32" => :uint32, "u64" => :uint64,
  "f32" => :float, "f64" => :double, "bool" => :bool, "pointer" => :pointer, "void" => :void
}

FLOATS = { "f32" => "g", "f64" => "G" } # as String#unpack names them, big-endian as the hex is

# What the gem, and not this adapter, does not do.
class Unsupported < StandardError; end

class Adapter
  def initialize
    @libraries = {}
    @functions = []
    @blocks = [] # of the last call, kept until the next
  end

  def hello(request)
    raise "protocol #{request["protocol"]} is not spoken here" unless request["protocol"] == 1
    @main = request["library"]
    open(@main)
    { is: "ready", protocol: 1, name: "ruby-ffi", version: FFI::VERSION, language: "Ruby",
      level: "wire", capabilities: ["libraries", "collect"], dialects: [] }
  end

  def link(request)
    parameters, returns = request.values_at("parameters", "returns")
    types = [*parameters, returns].map do |type|
      TYPES[type] or raise Unsupported, "ffi #{FFI::VERSION} has no type for #{type}"
    end
    name = :"function_#{@functions.size}"
    begin
      library = open(request["library"] || @main)
      library.attach_function(name, request["symbol"], types[0...-1], types[-1])
    rescue LoadError => e # FFI::NotFoundError is one
      return { is: "unlinked", message: e.message }
    end
    @functions << [library.method(name), parameters, returns]
    { is: "bound", function: @functions.size - 1 }
  end

  def invoke(request)
    function, parameters, returns = @functions.fetch(request["function"])
    @blocks = lay_out(request["blocks"])
    given = parameters.zip(request["arguments"])
    value = by_the_gem { function.call(*given.map { |type, text| read(type, text) }) }
    { is: "returned", value: write(returns, value),
      blocks: @blocks.map { |block| block.read_bytes(block.size).unpack1("H*") } }
  end

  def peek(request)
    memory = by_the_gem { FFI::Pointer.new(Integer(request["address"], 10)) }
    { is: "memory", bytes: memory.read_bytes(request["length"]).unpack1("H*") }
  end

  def collect(_request)
    GC.start
    { is: "done" }
  end

  private

  def by_the_gem
    yield
  rescue StandardError => e
    raise Unsupported, "ffi raises #{e.class}: #{e.message}"
  end

  def open(path)
    @libraries[path] ||= Module.new do
      extend FFI::Library
      ffi_lib path
    end
  end

  def lay_out(blocks)
    memory = blocks.map do |block|
      bytes = [block["bytes"]].pack("H*")
      aligned(bytes.bytesize).put_bytes(0, bytes)
    end
    blocks.each_with_index do |block, at|
      block["pointers"].each { |offset, to| memory[at].put_pointer(offset, memory[to]) }
    end
    memory
  end

  # The gem aligns to 8. A slice keeps what it is of.
  def aligned(size)
    room = FFI::MemoryPointer.new(size + 16)
    room.slice(-room.address % 16, size)
  end

  # A carrier to what Ruby code would pass.
  def read(type, text)
    return @blocks.fetch(text["block"]) if text.is_a?(Hash)
    return [text].pack("H*").unpack1(FLOATS[type]) if FLOATS[type]
    return text == "1" if type == "bool"
    number = Integer(text, 10)
    type == "pointer" ? FFI::Pointer.new(number) : number
  end

  # What the gem gave, as a carrier.
  def write(type, value)
    case value
    when nil then nil
    when true then "1"
    when false then "0"
    when Float
      return narrow(value) if type == "f32" && value.nan?
      [value].pack(FLOATS.fetch(type)).unpack1("H*")
    when FFI::Pointer then value.address.to_s
    else value.to_s
    end
  end

  # A NaN that the gem widened, cut as C does: pack("g") would make every NaN the same one.
  def narrow(nan)
    bits = [nan].pack("G").unpack1("Q>")
    format("%08x", (bits >> 32 & 0x80000000) | 0x7f800000 | (bits >> 29 & 0x7fffff))
  end
end

adapter = Adapter.new
$stdin.set_encoding("UTF-8")
$stdout.sync = true
$stdin.each_line do |line|
  request = JSON.parse(line)
  reply =
    begin
      case request["do"]
      when "hello", "link", "invoke", "peek", "collect" then adapter.public_send(request["do"], request)
      when "stop" then { is: "done" }
      else { is: "adapter-error", message: "`#{request["do"]}` is not served at wire level" }
      end
    rescue Unsupported => e
      { is: "unsupported", message: e.message }
    rescue StandardError => e
      { is: "adapter-error", message: "#{e.class}: #{e.message}" }
    end
  $stdout.write(JSON.generate({ id: request["id"] }.merge(reply)), "\n")
  break if request["do"] == "stop"
end
