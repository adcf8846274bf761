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
# Of a script; the late arguments are those that earlier steps give.
Step = Struct.new(:linked, :given, :late)

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
      level: "wire", capabilities: ["loops", "threads", "libraries", "collect"], dialects: [] }
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
    arguments = linked.parameters.zip(request["arguments"]).map { |type, text| read(type, text, @blocks) }
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

  def loop(request)
    scripts, threads = request.values_at("scripts", "threads")
    tallies = scripts.map { {} }
    counting = Mutex.new
    one = lambda do |thread, prepared|
      (thread...thread + request["rounds"]).each do |turn|
        number = turn % scripts.size
        blocks, steps, contents = prepared[number]
        blocks.zip(contents) { |block, bytes| block[0, bytes.bytesize] = bytes }
        values = steps.zip(run(steps)).map { |step, value| said(step.linked.returns, value) }
        shown = scripts[number]["show"].map { |block, offset, length| blocks[block][offset, length] }
        counting.synchronize { count(tallies[number], [values, shown]) }
      end
    end
    prepared = Array.new(threads) { scripts.map { |script| ready(script) } }
    collector = Thread.new { Kernel.loop { GC.start } } if request["collect"]
    if threads == 1
      one.call(0, prepared[0])
    else
      begun = Queue.new # closed, it lets every thread begin
      all = prepared.each_with_index.map { |own, thread| Thread.new { begun.pop; one.call(thread, own) } }
      begun.close
      all.each(&:join)
    end
    { is: "looped", scripts: tallies.map { |tally| tally.map { |outcome, times| ran(outcome, times) } } }
  ensure
    collector&.kill
  end

  def clock(request)
    rows, count = request.values_at("rows", "count")
    prepared = rows.map { |row| ready(row) }
    last = Array.new(rows.size)
    calls = prepared.map { |_, steps, _| quick(steps) }
    at = 0
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
    count.times do
      function, given, steps = calls[at]
      last[at] = function ? function.call(*given) : run(steps)
      at = (at += 1) == calls.size ? 0 : at
    end
    elapsed = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - start
    sums = rows.zip(prepared, last).first(count).map do |row, (blocks, steps, _), results|
      results = [results] unless results.is_a?(Array)
      row["bits"].sum { |one| bits(one, blocks, steps, results) }
    end
    { is: "benched", elapsed_ns: elapsed, checksum: sums.reduce(0) { |sum, bits| (sum * 31 + bits) % 2**64 }.to_s }
  end

  private

  # The memory of a script, its steps, and what the memory holds before a run.
  def ready(script)
    blocks = lay_out(script["blocks"])
    steps = script["steps"].map do |step|
      linked = @functions.fetch(step["function"])
      given = linked.parameters.zip(step["arguments"]).map { |type, text| read(type, text, blocks) }
      Step.new(linked, given, given.each_index.select { |at| given[at].is_a?(Proc) }.map { |at| [at, given[at]] })
    end
    [blocks, steps, blocks.map { |block| block[0, block.size] }]
  end

  def run(steps)
    results = []
    steps.each do |step|
      step.late.each { |at, left| step.given[at] = left.call(results) }
      results << step.linked.function.call(*step.given)
    end
    results
  rescue StandardError => e
    raise Unsupported, "Fiddle raises #{e.class}: #{e.message}"
  end

  # The function and the arguments of a row that is one call, and otherwise its steps.
  def quick(steps)
    step = steps[0]
    steps.size == 1 && step.late.empty? ? [step.linked.function, step.given] : [nil, nil, steps]
  end

  def said(type, value)
    text = write(type, value)
    type == "pointer" && text != "0" ? "1" : text
  end

  def bits(one, blocks, steps, results)
    return read("u64", one, blocks).call(results) if one["word"]
    step = one["result"]
    type = steps[step].linked.returns
    Integer(said(type, results[step]), FLOATS[type] ? 16 : 10)
  end

  def count(tally, outcome)
    outcome = tally.keys.last if !tally.key?(outcome) && tally.size == 16
    tally[outcome] = tally.fetch(outcome, 0) + 1
  end

  def ran((values, shown), times)
    { values: values, shown: shown.map { |piece| piece.unpack1("H*") }, times: times }
  end

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

  # A carrier to what Ruby code would pass, or to what gives that, from the results so far.
  def read(type, text, blocks)
    if text.is_a?(Hash)
      return blocks.fetch(text["block"]) if text["block"]
      step = text["result"]
      return ->(results) { results[step].to_i } if step
      block, offset = text["word"]
      return ->(_) { blocks[block][offset, 8].unpack1("J") }
    end
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
      when "hello", "link", "invoke", "peek", "collect", "loop", "clock"
        adapter.public_send(request["do"], request)
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
