# What is the protocol's of an adapter in Raku at wire level (docs/protocol.md): messages, carriers and blocks.
# What a library does is the adapter's own, which evaluates this file and calls what it gives, with
#
#   about                      name, version, capabilities and what it lacks, as `ready` says them
#   called                     what messages call the library
#   types                      its name of each type that it has, by ours
#   open(path)                 opens the fixture library; dies where it does not
#   find(path, symbol)         the address of a symbol, as `caller` takes it; fails where there is none
#   caller(parameters, returns, address)
#                              a function that makes the call, of types by our names; of a parameter that is a function of the
#                              host's the type is an object of its `parameters` and `returns`
#   callback(returns, answer)  a function of the host's, as an argument of a call
#   room(length), free(address)
#                              memory aligned to 16; an address is an Int
#   put(address, bytes), content(address, length)
#                              puts bytes there, and gives those that are there
#   pointer(address)           an address as an argument of a call
#   address(value)             the number of one that came back

use JSON::Fast;
use nqp;

class Unserved is Exception { has $.message; method new($message) { self.bless(:$message) } }

my %library;
my $main;
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

sub lay-out(@blocks) {
    %library<free>($_[0]) for @kept;
    @kept = @blocks.map: { my $bytes := bytes(.<bytes>); (%library<room>($bytes.elems), $bytes) };
    for @blocks.kv -> $at, $block {
        my ($address, $bytes) = |@kept[$at];
        $bytes.write-int64($_[0], @kept[$_[1]][0]) for $block<pointers>.list;
        %library<put>($address, $bytes);
    }
}

sub argument($type, $carrier) {
    given $type {
        when 'pointer' { %library<pointer>($carrier ~~ Str ?? $carrier.Int !! @kept[$carrier<block>][0]) }
        when 'f32' { bytes($carrier).read-num32(0, BigEndian) }
        when 'f64' { bytes($carrier).read-num64(0, BigEndian) }
        when 'bool' { $carrier eq '1' }
        default { $carrier.Int }
    }
}

sub text($type, Mu $value) {
    given $type {
        when 'void' { Any }
        when 'pointer' { ~%library<address>($value) }
        when 'f32' { hex(buf8.new.write-num32(0, $value, BigEndian)) }
        when 'f64' { hex(buf8.new.write-num64(0, $value, BigEndian)) }
        default { ~$value }
    }
}

# Of a function, or of one of the host's.
sub check(%asked) {
    for |%asked<parameters>, %asked<returns> {
        die Unserved.new("%library<called> has no type for $_") unless %library<types>{$_}:exists;
    }
}

# A function that answers as it is told and notes what it is called with; `again` calls the function it is given to.
sub callback(%asked, @calls, &again) {
    check(%asked);
    my ($parameters, $returns, $answers) = %asked<parameters returns answers>;
    %library<callback>($returns, sub (@values) {
        @calls.push: [($parameters.list Z @values).map: { text(|$_) }];
        my $told = $answers[min(@calls.elems, $answers.elems) - 1];
        $told ~~ Associative ?? again($told<again>) !! $told.defined ?? argument($returns, $told) !! Nil
    })
}

sub hello(%request) {
    die "protocol %request<protocol> is unknown" if %request<protocol> != 1;
    %library<open>($main = %request<library>);
    %(is => 'ready', protocol => 1, language => 'Raku', level => 'wire', |%library<about>)
}

sub link(%request) {
    my ($parameters, $returns) = %request<parameters returns>;
    check(%request);
    my $address = try %library<find>($main, %request<symbol>);
    return %(is => 'unlinked', message => ~$!) without $address;
    @functions.push: (%library<caller>($parameters, $returns, $address), $parameters, $returns, $address);
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
    $call = %library<caller>(@types, $returns, $address) if @calls;
    my Mu $value := try $call(|@arguments);
    return %(is => 'unsupported', message => ~$!) with $!;
    my @blocks = @kept.map: { hex(%library<content>($_[0], $_[1].elems)) };
    %(is => 'returned', value => text($returns, $value), :@blocks, :@calls)
}

sub peek(%request) {
    %(is => 'memory', bytes => hex(%library<content>(%request<address>.Int, %request<length>)))
}

sub collect(%request) {
    $*VM.request-garbage-collection;
    %(is => 'done')
}

my %answers = :&hello, :&link, :&invoke, :&peek, :&collect, stop => sub (%request) { %(is => 'done') };

sub answer(%request) {
    CATCH { default { return %(is => $_ ~~ Unserved ?? 'unsupported' !! 'adapter-error', message => .message) } }
    %answers{%request<do>}:exists
        ?? %answers{%request<do>}(%request) !! %(is => 'adapter-error', message => "there is no %request<do> here")
}

# Answers requests until the last.
sub (*%given) {
    %library = %given;
    for $*IN.lines -> $line {
        my %request = from-json($line);
        say to-json(%(id => %request<id>, |answer(%request)), :!pretty);
        $*OUT.flush;
        last if %request<do> eq 'stop';
    }
}
