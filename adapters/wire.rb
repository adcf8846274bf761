# What the adapters of Ruby have in common at wire level (docs/protocol.md): messages, carriers, blocks and loops.
# What a library does is the adapter's own. It is a class below Wire with
#
#   NAME, VERSION, TYPES      what the library is, and its name of each type that it has, by ours
#   open(path)                opens a library, once
#   link_to(path, symbol, parameters, returns)
#                             what has `call`, of types as the library names them; raises Unlinked
#   beside(linked)            the same to be called by several threads, where it is another
#   room(size)                memory that stays as long as this object of it, aligned to 16
#   get(room, offset, length), put(room, offset, bytes), word(room, offset)
#                             bytes, and the unsigned number of 8 of them
#   pointer(address)          a room that is there already
#   passed(type, value)       an integer, or an address in whatever form, as an argument of this type
#   address(value)            the number of an address that came back
#   callback(returns, parameters, &answer)
#                             a C function that calls the block, as an argument of a call, good as long as this object of
#                             it, or until its `free` where it has that; left out where there are none
#   struct(types), array(type, length)
#                             the type of a struct, and of an array within one, of types as the library names them
#   filled(type, value), members(type, value)
#                             a struct of that type, of the list of its members, and the list of one that came back;
#                             all four left out where none crosses by value
#   variadic(path, symbol, parameters, returns), variable(type, value)
#                             as link_to, of a function whose prototype names these; and what stands for a variable
#                             argument in a call, a list; left out where there are none
#   errno, errno=(value)      what the last call left there, and what the next is to find; left out where it has no word
#                             for it

require "json"

class Wire
  FLOATS = { "f32" => "g", "f64" => "G" } # as String#unpack names them, big-endian as the hex is

  Linked = Struct.new(:function, :parameters, :returns, :path, :symbol, :keeps, :fixed)
  # Of a script; the late arguments are those that earlier steps give.
  Step = Struct.new(:function, :given, :late, :returns)

  # What the library, and not its adapter, does not do.
  class Unsupported < StandardError; end
  # A library that does not open, or lacks a symbol.
  class Unlinked < StandardError; end

  def initialize
    @libraries = {} # for `open`
    @functions = []
    @blocks = [] # of the last call, kept until the next
    @objects = {} # functions that the library keeps, by number, and what each was called with
    @made = 0
    @kept = 0 # what the last call left in errno of those that keep it, and what the next is to find
    @set = nil
  end

  # Answers requests until the last.
  def serve
    $stdin.set_encoding("UTF-8")
    $stdout.sync = true
    $stdin.each_line do |line|
      request = JSON.parse(line)
      $stdout.write(JSON.generate({ id: request["id"] }.merge(answer(request))), "\n")
      break if request["do"] == "stop"
    end
  end

  private

  def answer(request)
    case request["do"]
    when "hello", "link", "invoke", "peek", "collect", "loop", "clock" then send(request["do"], request)
    when "make-address" then make_address(request)
    when "heard" then { is: "heard", calls: @objects.fetch(request["kept"])[1] }
    when "release" then release(request)
    when "errno" then tell_errno(request)
    when "stop" then { is: "done" }
    else { is: "adapter-error", message: "`#{request["do"]}` is not served at wire level" }
    end
  rescue Unsupported => e
    { is: "unsupported", message: e.message }
  rescue StandardError => e
    { is: "adapter-error", message: "#{e.class}: #{e.message}" }
  end

  def hello(request)
    raise "protocol #{request["protocol"]} is not spoken here" unless request["protocol"] == 1
    @main = request["library"]
    open(@main)
    { is: "ready", protocol: 1, name: self.class::NAME, version: self.class::VERSION, language: "Ruby",
      level: "wire", capabilities: ["loops", "threads", "libraries", "collect", *forms], dialects: [],
      lacks: %w[i8 i16 i32 u8 u16 u32 u64 f16 f32 bool] - self.class::TYPES.keys }
  end

  def link(request)
    path = request["library"] || @main
    symbol, parameters, returns, fixed = request.values_at("symbol", "parameters", "returns", "fixed")
    types = parameters.map { |type| theirs(type) }
    function = if fixed
      variadic(path, symbol, types.first(fixed), theirs(returns))
    else
      link_to(path, symbol, types, theirs(returns))
    end
    @functions << Linked.new(function, parameters, returns, path, symbol, request["errno"], fixed)
    { is: "bound", function: @functions.size - 1 }
  rescue Unlinked => e
    { is: "unlinked", message: e.message }
  end

  def invoke(request)
    linked = @functions.fetch(request["function"])
    @blocks = lay_out(request["blocks"])
    given, calls = [], []
    request["arguments"].each_with_index do |carrier, at|
      told = carrier["callback"] if carrier.is_a?(Hash)
      given << (told ? called(told, linked, given, calls) : read(linked.parameters[at], carrier, @blocks))
    end
    self.errno = @set if linked.keeps && @set
    value = by_the_library { linked.function.call(*passing(linked, given)) }
    @kept, @set = errno, nil if linked.keeps
    { is: "returned", value: write(linked.returns, value), calls: calls,
      blocks: @blocks.map { |block| get(block, 0, block.size).unpack1("H*") } }
  end

  # The arguments of a call, the variable ones as the library takes them.
  def passing(linked, given)
    return given unless linked.fixed
    given.each_with_index.flat_map do |value, at|
      at < linked.fixed ? [value] : variable(theirs(linked.parameters[at]), value)
    end
  end

  # A function of the library's own, which answers as it is told and notes what it is called with.
  def called(told, linked, given, calls)
    parameters, returns, answers = told.values_at("parameters", "returns", "answers")
    calls << (own = [])
    value = read(returns, answers[0], []) if told["plain"] && answers[0]
    by_the_library do
      next callback(theirs(returns), parameters.map { |type| theirs(type) }) { value } if told["plain"]

      callback(theirs(returns), parameters.map { |type| theirs(type) }) do |*values|
        own << parameters.zip(values).map { |type, value| write(type, value) }
        answer = answers[[own.size, answers.size].min - 1]
        next answer && read(returns, answer, []) unless answer.is_a?(Hash)
        again = answer["again"].each_with_index.map do |one, at|
          one.is_a?(Hash) ? given[one["argument"]] : read(linked.parameters[at], one, [])
        end
        linked.function.call(*again)
      end
    end
  end

  def make_address(request)
    made = called(request, nil, [], calls = [])
    @objects[number = (@made += 1).to_s] = [made, calls[0]]
    { is: "made", kept: number, address: address(made).to_s }
  end

  def release(request)
    made, = @objects.delete(request["kept"])
    made.free if made.respond_to?(:free)
    { is: "done" }
  end

  def tell_errno(request)
    @set = request["set"] if request["set"]
    { is: "errno", value: @kept & 0xffffffff }
  end

  # The capabilities of what the library has a word for.
  def forms
    words = { errno: "errno", "errno=": "set-errno", callback: %w[callbacks callback-types kept-callbacks],
              struct: "by-value", variadic: "variadics" }
    words.select { |name, _| respond_to?(name, true) }.values.flatten
  end

  def peek(request)
    { is: "memory", bytes: get(pointer(Integer(request["address"], 10)), 0, request["length"]).unpack1("H*") }
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
        blocks.zip(contents) { |block, bytes| put(block, 0, bytes) }
        values = steps.zip(by_the_library { run(steps) }).map { |step, value| said(step.returns, value) }
        shown = scripts[number]["show"].map { |block, offset, length| get(blocks[block], offset, length) }
        counting.synchronize { count(tallies[number], [values, shown]) }
      end
    end
    prepared = Array.new(threads) { scripts.map { |script| ready(script, threads > 1) } }
    # Without `pass` it would keep the interpreter's lock for 100 ms, and each call of the others would wait as long.
    collector = Thread.new { Kernel.loop { GC.start; Thread.pass } } if request["collect"]
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
    prepared = rows.map { |row| ready(row, false) }
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

  def theirs(type)
    return scalar(type) unless type.is_a?(Hash)
    return struct(type["struct"].map { |one| theirs(one) }) if type["struct"]
    array(theirs(type["array"][1]), type["array"][0])
  end

  def scalar(type)
    self.class::TYPES[type] or raise Unsupported, "#{self.class::NAME} #{self.class::VERSION} has no type for #{type}"
  end

  def beside(linked)
    linked.function
  end

  def by_the_library
    yield
  rescue StandardError => e
    raise Unsupported, "#{self.class::NAME} raises #{e.class}: #{e.message}"
  end

  def lay_out(blocks)
    rooms = blocks.map do |block|
      bytes = [block["bytes"]].pack("H*")
      room(bytes.bytesize).tap { |room| put(room, 0, bytes) }
    end
    blocks.each_with_index do |block, at|
      block["pointers"].each { |offset, to| put(rooms[at], offset, [address(rooms[to])].pack("J")) }
    end
    rooms
  end

  # The memory of a script, its steps, and what the memory holds before a run.
  def ready(script, threads)
    blocks = lay_out(script["blocks"])
    steps = script["steps"].map do |step|
      linked = @functions.fetch(step["function"])
      given = linked.parameters.zip(step["arguments"]).map { |type, carrier| read(type, carrier, blocks) }
      late = given.each_index.select { |at| given[at].is_a?(Proc) }.map { |at| [at, given[at]] }
      Step.new(threads ? beside(linked) : linked.function, given, late, linked.returns)
    end
    [blocks, steps, blocks.map { |block| get(block, 0, block.size) }]
  end

  def run(steps)
    results = []
    steps.each do |step|
      step.late.each { |at, left| step.given[at] = left.call(results) }
      results << step.function.call(*step.given)
    end
    results
  end

  # The function and the arguments of a row that is one call, and otherwise its steps.
  def quick(steps)
    step = steps[0]
    steps.size == 1 && step.late.empty? ? [step.function, step.given] : [nil, nil, steps]
  end

  def said(type, value)
    text = write(type, value)
    type == "pointer" && text != "0" ? "1" : text
  end

  def bits(one, blocks, steps, results)
    return word(blocks[one["word"][0]], one["word"][1]) if one["word"]
    type = steps[one["result"]].returns
    Integer(said(type, results[one["result"]]), FLOATS[type] ? 16 : 10)
  end

  def count(tally, outcome)
    outcome = tally.keys.last if !tally.key?(outcome) && tally.size == 16
    tally[outcome] = tally.fetch(outcome, 0) + 1
  end

  def ran((values, shown), times)
    { values: values, shown: shown.map { |piece| piece.unpack1("H*") }, times: times }
  end

  # A carrier to what Ruby code would pass, or to what gives that, from the results so far.
  def read(type, carrier, blocks)
    if carrier.is_a?(Array)
      values = carrier.zip(within(type, carrier.size)).map { |one, of| read(of, one, blocks) }
      return type["struct"] ? filled(theirs(type), values) : values
    end
    if carrier.is_a?(Hash)
      return blocks.fetch(carrier["block"]) if carrier["block"]
      step = carrier["result"]
      return ->(results) { passed(type, results[step]) } if step
      block, offset = carrier["word"]
      return ->(_) { passed(type, word(blocks[block], offset)) }
    end
    return [carrier].pack("H*").unpack1(FLOATS[type]) if FLOATS[type]
    return carrier == "1" if type == "bool"
    passed(type, Integer(carrier, 10))
  end

  # The types of a struct's members, or of an array's elements.
  def within(type, length)
    type["struct"] || [type["array"][1]] * length
  end

  # What the library gave, as a carrier.
  def write(type, value)
    if type.is_a?(Hash)
      values = type["struct"] ? members(theirs(type), value) : value.to_a
      return values.zip(within(type, values.size)).map { |one, of| write(of, one) }
    end
    return address(value).to_s if type == "pointer"
    case value
    when nil then nil
    when true then "1"
    when false then "0"
    when Float
      return narrow(value) if type == "f32" && value.nan?
      [value].pack(FLOATS.fetch(type)).unpack1("H*")
    else value.to_s
    end
  end

  # A NaN that the library widened, cut as C does: pack("g") would make every NaN the same one.
  def narrow(nan)
    bits = [nan].pack("G").unpack1("Q>")
    format("%08x", (bits >> 32 & 0x80000000) | 0x7f800000 | (bits >> 29 & 0x7fffff))
  end
end
