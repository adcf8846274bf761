# Raku's NativeCall, judged at wire level (docs/protocol.md): it does as it is told.
use JSON::Fast;
use MONKEY-SEE-NO-EVAL;
use NativeCall;
use nqp;

constant TYPES = %(
    i8 => 'int8', i16 => 'int16', i32 => 'int32', i64 => 'int64',
    u8 => 'uint8', u16 => 'uint16', u32 => 'uint32', u64 => 'uint64',
    f32 => 'num32', f64 => 'num64', bool => 'bool', pointer => 'Pointer', void => 'Mu',
);

sub malloc(size_t --> Pointer) is native { * }
sub free(Pointer) is native { * }
# cglobal opens a library, looks, and closes it again: with this it stays.
sub dlopen(Str, int32 --> Pointer) is native { * }
sub write-memory(Pointer, Blob, size_t --> Pointer) is native is symbol('memcpy') { * }
sub read-memory(Blob, Pointer, size_t --> Pointer) is native is symbol('memcpy') { * }

class Unserved is Exception { has $.message; method new($message) { self.bless(:$message) } }

my $library;
my %callers;    # by prototype: of an address a function that makes the call
my @functions;  # caller, names of its parameters' types, name of what it returns, address
my @kept;       # the memory of the last call: the address of each block, and what was put there

# Hex by nqp's operations, because a message may have megabytes of it.
my \NIBBLES = blob8.new: (^128).map: { (try .chr.parse-base(16)) // 0 };
my \DIGITS = '0123456789abcdef'.encode('ascii');

sub bytes(Str $hex) {
    my $digits := $hex.encode('ascii');
    my int $length = $digits.elems div 2;
    my $bytes := buf8.allocate($length);
    my $of := nqp::decont(NIBBLES);
    my int $at = 0;
    while $at < $length {
        nqp::bindpos_i($bytes, $at, 16 * nqp::atpos_i($of, nqp::atpos_i($digits, 2 * $at))
            + nqp::atpos_i($of, nqp::atpos_i($digits, 2 * $at + 1)));
        $at = $at + 1;
    }
    $bytes
}

sub hex(Blob $bytes) {
    my int $length = $bytes.elems;
    my $text := buf8.allocate(2 * $length);
    my $of := nqp::decont(DIGITS);
    my int $at = 0;
    while $at < $length {
        my int $byte = nqp::atpos_u($bytes, $at);
        nqp::bindpos_i($text, 2 * $at, nqp::atpos_i($of, nqp::bitshiftr_i($byte, 4)));
        nqp::bindpos_i($text, 2 * $at + 1, nqp::atpos_i($of, nqp::bitand_i($byte, 15)));
        $at = $at + 1;
    }
    $text.decode('ascii')
}

# The word of an address as NativeCall has it, which is signed.
sub word($address) { $address >= 2 ** 63 ?? $address - 2 ** 64 !! $address }

sub content(Int $address, $length) {
    my $bytes := buf8.allocate($length);
    read-memory($bytes, Pointer.new(word($address)), $length);
    $bytes
}

sub lay-out(@blocks) {
    free(Pointer.new($_[0])) for @kept;
    @kept = @blocks.map: { my $bytes := bytes(.<bytes>); (+malloc($bytes.elems max 1), $bytes) };
    for @blocks.kv -> $at, $block {
        my ($address, $bytes) = |@kept[$at];
        $bytes.write-int64($_[0], @kept[$_[1]][0]) for $block<pointers>.list;
        write-memory(Pointer.new($address), $bytes, $bytes.elems);
    }
}

sub argument($type, $carrier) {
    given $type {
        when 'pointer' { Pointer.new(word($carrier ~~ Str ?? $carrier.Int !! @kept[$carrier<block>][0])) }
        when 'f32' { bytes($carrier).read-num32(0, BigEndian) }
        when 'f64' { bytes($carrier).read-num64(0, BigEndian) }
        when 'bool' { $carrier eq '1' }
        default { $carrier.Int }
    }
}

sub text($type, Mu $value) {
    given $type {
        when 'void' { Any }
        when 'pointer' { ~(+$value % 2 ** 64) }  # a null pointer is the type object, and counts as 0
        when 'f32' { hex(buf8.new.write-num32(0, $value, BigEndian)) }
        when 'f64' { hex(buf8.new.write-num64(0, $value, BigEndian)) }
        default { ~$value }
    }
}

# What NativeCall calls a type; of a callback, by the name of its parameter.
sub native($type, $name) {
    my @types = $type ~~ Str ?? ($type,) !! (|$type<parameters>, $type<returns>);
    die Unserved.new("NativeCall has no type for $_") unless TYPES{$_}:exists for @types;
    return TYPES{$type} if $type ~~ Str;
    my @parameters = $type<parameters>.map: { native($_, '') };
    "{$name.subst('$', '&')} ({@parameters.join(', ')} --> {native($type<returns>, '')})"
}

# A function that answers as it is told and notes what it is called with; `again` calls the function it is given to.
sub callback(%asked, @calls, &again) {
    my ($parameters, $returns, $answers) = %asked<parameters returns answers>;
    my sub answer(@values) {
        @calls.push: [($parameters.list Z @values).map: { text(|$_) }];
        my $told = $answers[min(@calls.elems, $answers.elems) - 1];
        $told ~~ Associative ?? again($told<again>) !! $told.defined ?? argument($returns, $told) !! Nil
    }
    # As of a call, a u64 from 2^63 on is taken as a value of its own type alone.
    $returns eq 'u64' ?? sub (**@values) { my uint64 $word = answer(@values); $word } !! sub (**@values) { answer(@values) }
}

# The source of a function that makes calls of this prototype. A u64 is a value of its own type there: from 2^63 on
# NativeCall takes no Int.
sub caller-source(@parameters, $returns) {
    my @names = (^@parameters).map: '$a' ~ *;
    my $signature = "{(@parameters Z @names).map({ native(|$_) }).join(', ')} --> {native($returns, '')}";
    my @taken = (@parameters Z @names).map: -> ($type, $name) { $type eq 'u64' ?? "uint64 $name" !! $name };
    "sub (\$address) \{ my &call = nativecast(:($signature), \$address);
       -> {@taken.join(', ')} \{ call({@names.join(', ')}) \} \}"
}

sub caller(@parameters, $returns, $address) {
    my $key = (|@parameters, $returns).map({ $_ ~~ Str ?? $_ !! "({.<parameters>} --> {.<returns>})" }).join(' ');
    (%callers{$key} //= EVAL caller-source(@parameters, $returns))($address)
}

sub hello(%request) {
    die "protocol %request<protocol> is unknown" if %request<protocol> != 1;
    $library = %request<library>;
    die "$library does not open" unless dlopen($library, 1);
    %(is => 'ready', protocol => 1, name => 'raku-nativecall', version => ~$*RAKU.compiler.version,
      language => 'Raku', level => 'wire', capabilities => <collect callbacks callback-types>, lacks => ['f16'])
}

sub link(%request) {
    my ($parameters, $returns) = %request<parameters returns>;
    native($_, '') for |$parameters, $returns;
    my $address = try cglobal($library, %request<symbol>, Pointer);
    return %(is => 'unlinked', message => ~$!) without $address;
    @functions.push: (caller($parameters, $returns, $address), $parameters, $returns, $address);
    %(is => 'bound', function => @functions.end)
}

sub invoke(%request) {
    my (&plain, $parameters, $returns, $address) := @functions[%request<function>];
    lay-out(%request<blocks>);
    my (@calls, @arguments);
    my $call = &plain;
    my sub again($carriers) {
        $call(|($parameters.list Z $carriers.list).map: -> ($type, $carrier) {
            $carrier ~~ Associative ?? @arguments[$carrier<argument>] !! argument($type, $carrier)
        })
    }
    my @types = $parameters.list;
    for %request<arguments>.kv -> $at, $carrier {
        if $carrier ~~ Associative && ($carrier<callback>:exists) {
            @types[$at] = $carrier<callback>;
            @calls.push: my @own;
            @arguments[$at] = callback($carrier<callback>, @own, &again);
        } else {
            @arguments[$at] = argument(@types[$at], $carrier);
        }
    }
    $call = caller(@types, $returns, $address) if @calls;
    my Mu $value := try $call(|@arguments);
    return %(is => 'unsupported', message => ~$!) with $!;
    my @blocks = @kept.map: { hex(content($_[0], $_[1].elems)) };
    %(is => 'returned', value => text($returns, $value), :@blocks, :@calls)
}

sub peek(%request) {
    %(is => 'memory', bytes => hex(content(%request<address>.Int, %request<length>)))
}

sub collect(%request) {
    $*VM.request-garbage-collection;
    %(is => 'done')
}

my %answers = :&hello, :&link, :&invoke, :&peek, :&collect, stop => sub (%request) { %(is => 'done') };

for $*IN.lines -> $line {
    my %request = from-json($line);
    my %reply = %answers{%request<do>}:exists
        ?? %answers{%request<do>}(%request) !! %(is => 'adapter-error', message => "there is no %request<do> here");
    CATCH { default { my $is = $_ ~~ Unserved ?? 'unsupported' !! 'adapter-error'; say to-json(%(id => %request<id>, is => $is, message => .message), :!pretty); $*OUT.flush } }
    say to-json(%(id => %request<id>, |%reply), :!pretty);
    $*OUT.flush;
    last if %request<do> eq 'stop';
}
