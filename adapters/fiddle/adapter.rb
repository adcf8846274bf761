# Puts Fiddle, the FFI library that comes with Ruby, to the suite at wire level (docs/protocol.md).
# Fiddle's own types and conversions do the work: a type that it has not is unsupported, not made good.

require "fiddle"
require "json"

# The width decides, as in Fiddle's own constants; a negative one is unsigned.
TYPES = {
  "i8" => Fiddle::TYPE_INT8_T, "u8" => -Fiddle::TYPE_INT8_T,
  "i16" => Fiddle::TYPE_INT16_T, "u16" => -Fiddle::TYPE_INT16_T,
  "i32" => Fiddle::TYPE_INT32_T, "u32" => -Fiddle::TYPE_INT32_T,
  "i64" => Fiddle::TYPE_INT64_T, "u64" => -Fiddle::TYPE_INT64_T,
  "f32" => Fiddle::TYPE_FLOAT, "f64" => Fiddle::TYPE_DOUBLE,
  "pointer" => Fiddle::TYPE_VOIDP, "void" => Fiddle::TYPE_VOID
}
# Fiddle has a bool only from 1.1.3 on.
TYPES["bool"] = Fiddle::TYPE_BOOL if Fiddle.const_defined?(:TYPE_BOOL)

FLOATS = { "f32" => "g", "f64" => "G" } # as String#unpack names them, big-endian as the hex is

Linked = Struct.new(:function, :parameters, :returns)

# What the library, and not this adapter, does not do.
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
    { is: "ready", protocol: 1, name: "fiddle", version: Fiddle::VERSION, language: "Ruby",
      level: "wire", capabilities: ["libraries", "collect"], dialects: [] }
  end

  def link(request)
    path = request["library"] || @main
    parameters, returns = request.values_at("parameters", "returns")
    codes = [*parameters, returns].map do |type|
      TYPES[type] or raise Unsupported, "Fiddle #{Fiddle::VERSION} has no type for #{type}"
    end
    begin
      address = open(path).sym(request["symbol"])
    rescue Fiddle::DLError
      return { is: "unlinked", message: "#{path} has no symbol `#{request["symbol"]}`" }
    end
    function = Fiddle::Function.new(address, codes[0...-1], codes[-1])
    @functions << Linked.new(function, parameters, returns)
    { is: "bound", function: @functions.size - 1 }
  end

  def invoke(request)
    linked = @functions.fetch(request["function"])
    @blocks = lay_out(request["blocks"])
    arguments = linked.parameters.zip(request["arguments"]).map { |type, text| read(type, text) }
    begin
      value = linked.function.call(*arguments)
    rescue StandardError => e
      raise Unsupported, "Fiddle raises #{e.class}: #{e.message}"
    end
    { is: "returned", value: write(linked.returns, value),
      blocks: @blocks.map { |block| block[0, block.size].unpack1("H*") } }
  end

  def peek(request)
    memory = Fiddle::Pointer.new(Integer(request["address"], 10))
    { is: "memory", bytes: memory[0, request["length"]].unpack1("H*") }
  end

  def collect(_request)
    GC.start
    { is: "done" }
  end

  private

  def open(path)
    # Not RTLD_GLOBAL, Fiddle's default: two libraries with the same symbols are to stay apart.
    @libraries[path] ||= Fiddle::Handle.new(path, Fiddle::RTLD_NOW)
  end

  # Memory from malloc, which aligns to 16 on the 64-bit systems that the suite runs on.
  def lay_out(blocks)
    memory = blocks.map do |block|
      bytes = [block["bytes"]].pack("H*")
      pointer = Fiddle::Pointer.malloc(bytes.bytesize, Fiddle::RUBY_FREE)
      pointer[0, bytes.bytesize] = bytes
      pointer
    end
    blocks.each_with_index do |block, at|
      block["pointers"].each { |offset, to| memory[at][offset, 8] = [memory[to].to_i].pack("J") }
    end
    memory
  end

  # A carrier to what Ruby code would pass.
  def read(type, text)
    return @blocks.fetch(text["block"]) if text.is_a?(Hash)
    return [text].pack("H*").unpack1(FLOATS[type]) if FLOATS[type]
    return text == "1" if type == "bool"
    Integer(text, 10)
  end

  # What Fiddle gave, as a carrier.
  def write(type, value)
    case value
    when nil then nil
    when true then "1"
    when false then "0"
    when Float
      return narrow(value) if type == "f32" && value.nan?
      [value].pack(FLOATS.fetch(type)).unpack1("H*")
    # Pointer#to_i reads the word as signed; an address is not.
    when Fiddle::Pointer then [value.to_i].pack("J").unpack1("J").to_s
    else value.to_s
    end
  end

  # A NaN that Fiddle widened, cut as C does: pack("g") would make every NaN the same one.
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
