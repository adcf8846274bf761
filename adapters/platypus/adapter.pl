#!/usr/bin/perl
# Puts FFI::Platypus, Perl's FFI library, to the suite at wire level (docs/protocol.md). Its own types and
# conversions do the work: a type that it has not is unsupported, not made good.

use strict;
use warnings;

use FFI::Platypus 2.00;
use FFI::Platypus::Buffer qw(buffer_to_scalar scalar_to_buffer);
use FFI::Platypus::Memory qw(free malloc memcpy);
use JSON::XS;
use List::Util qw(min);
use Time::HiRes qw(CLOCK_MONOTONIC clock_gettime);

my %TYPES = (
    i8 => 'sint8', i16 => 'sint16', i32 => 'sint32', i64 => 'sint64',
    u8 => 'uint8', u16 => 'uint16', u32 => 'uint32', u64 => 'uint64',
    f32 => 'float', f64 => 'double', bool => 'bool', pointer => 'opaque', void => 'void',
);
my %FLOATS = (f32 => 'f>', f64 => 'd>');    # as pack names them, big-endian as the hex is

my ($main, %libraries, @functions);
my $ffi = FFI::Platypus->new(api => 2);
my @kept;                                   # the memory of the last call, and that of a loop's scripts

sub library {
    my ($path) = @_;
    return $libraries{$path} //= FFI::Platypus->new(api => 2, lib => $path);
}

# Puts bytes at an address.
sub poke {
    my ($address, $bytes) = @_;
    my ($from, $length) = scalar_to_buffer($bytes);
    memcpy($address, $from, $length);
    return;
}

# Memory from malloc, which aligns to 16 on the 64-bit systems that the suite runs on: of each block the address, and
# what is there.
sub lay_out {
    my ($wanted) = @_;
    my @blocks = map { [malloc(length($_->{bytes}) / 2), pack 'H*', $_->{bytes}] } @$wanted;
    for my $at (0 .. $#$wanted) {
        substr($blocks[$at][1], $_->[0], 8) = pack 'J', $blocks[$_->[1]][0] for @{ $wanted->[$at]{pointers} };
        poke(@{ $blocks[$at] });
    }
    push @kept, @blocks;
    return \@blocks;
}

# Platypus' type of ours. A struct is a record class of its own, which has no other in it.
my %records;
my ($made, %objects) = (0);                  # functions that the library keeps, and what each was called with

sub theirs {
    my ($type) = @_;
    return $TYPES{$type} // die "FFI::Platypus has no type for $type\n" unless ref $type;
    my @members = map { member($_) } @{ $type->{struct} };
    return 'record(' . ($records{"@members"} //= record(@members)) . ')';
}

sub member {
    my ($type) = @_;
    my ($length, $of) = ref $type && $type->{array} ? @{ $type->{array} } : (0, $type);
    die "FFI::Platypus has no type for a struct in a struct\n" if ref $of;
    return theirs($of) . ($length ? "[$length]" : '');
}

sub record {
    my @members = @_;
    my $class = 'Record' . keys %records;
    my $layout = join ', ', map { "'$members[$_]' => 'm$_'" } 0 .. $#members;
    eval "package $class; use FFI::Platypus::Record; record_layout_1($layout); 1" or die $@;
    return $class;
}

# A C function that answers as it is told and notes what it is called with.
sub callback {
    my ($told, $linked, $given, $calls) = @_;
    my ($parameters, $returns, $answers) = @$told{qw(parameters returns answers)};
    my @value = defined $answers->[0] && $told->{plain} ? argument($returns, $answers->[0], []) : ();
    my $closure = $ffi->closure($told->{plain} ? sub { $value[0] } : sub {
        push @$calls, [map { text($parameters->[$_], $_[$_]) } 0 .. $#$parameters];
        my $answer = $answers->[min(scalar @$calls, scalar @$answers) - 1];
        return defined $answer ? argument($returns, $answer, []) : () unless ref $answer;
        my $again = $answer->{again};
        my @again = map { ref $again->[$_] ? $given->[$again->[$_]{argument}] : argument($linked->[1][$_], $again->[$_], []) }
            0 .. $#$again;
        return $linked->[0]->call(@again);
    });
    my $type = '(' . join(',', map { theirs($_) } @$parameters) . ')->' . theirs($returns);
    return ($closure, $ffi->cast($type => 'opaque', $closure));
}

sub let_go { free($_->[0]) for splice @kept; return }

# A carrier to what Perl code would pass, or to what gives that from the results so far.
sub argument {
    my ($type, $carrier, $blocks) = @_;
    if (ref $carrier eq 'ARRAY') {
        my @of = $type->{struct} ? @{ $type->{struct} } : ($type->{array}[1]) x @$carrier;
        my @values = map { argument($of[$_], $carrier->[$_], $blocks) } 0 .. $#of;
        return \@values unless $type->{struct};
        return $records{join ' ', map { member($_) } @of}->new(map { ("m$_" => $values[$_]) } 0 .. $#of);
    }
    if (ref $carrier) {
        return $blocks->[$carrier->{block}][0] if exists $carrier->{block};
        my ($result, $word) = @$carrier{qw(result word)};
        return sub { $_[0][$result] // ($type eq 'pointer' ? undef : 0) } unless $word;
        my $address = $blocks->[$word->[0]][0] + $word->[1];
        return sub { unpack 'J', buffer_to_scalar($address, 8) };
    }
    return unpack $FLOATS{$type}, pack 'H*', $carrier if $FLOATS{$type};
    return undef if $type eq 'pointer' && $carrier eq '0';
    return 0 + $carrier;
}

# What Platypus gave, as a carrier.
sub text {
    my ($type, $value) = @_;
    if (ref $type) {
        my @of = $type->{struct} ? @{ $type->{struct} } : ($type->{array}[1]) x @$value;
        return [map { text($of[$_], $type->{struct} ? $value->${\"m$_"} : $value->[$_]) } 0 .. $#of];
    }
    return undef if $type eq 'void';
    return unpack 'H*', pack $FLOATS{$type}, $value if $FLOATS{$type};
    return sprintf '%u', $value // 0 if $type eq 'pointer';    # Platypus gives its word as signed
    return $value ? '1' : '0' if $type eq 'bool';
    return "$value";
}

sub said {
    my ($type, $value) = @_;
    my $text = text($type, $value);
    return $type eq 'pointer' && $text ne '0' ? '1' : $text;
}

# The memory of a script, and its steps: function, arguments, those that are late, what is returned.
sub ready {
    my ($script) = @_;
    my $blocks = lay_out($script->{blocks});
    my @steps = map {
        my ($function, $parameters, $returns) = @{ $functions[$_->{function}] };
        my $carriers = $_->{arguments};
        my @given = map { argument($parameters->[$_], $carriers->[$_], $blocks) } 0 .. $#$parameters;
        [$function, \@given, [map { ref $given[$_] ? [$_, $given[$_]] : () } 0 .. $#given], $returns];
    } @{ $script->{steps} };
    return [$blocks, \@steps];
}

sub run {
    my ($steps) = @_;
    my @results;
    for (@$steps) {
        my ($function, $given, $late) = @$_;
        $given->[$_->[0]] = $_->[1]->(\@results) for @$late;
        push @results, scalar $function->call(@$given);
    }
    return \@results;
}

my %ANSWERS = (
    hello => sub {
        my ($request) = @_;
        $main = $request->{library};
        return { is => 'ready', protocol => 1, name => 'platypus', version => $FFI::Platypus::VERSION,
            language => 'Perl', level => 'wire', capabilities => [qw(loops libraries no-collector callbacks callback-types kept-callbacks by-value variadics)],
            lacks => ['f16'] };
    },
    link => sub {
        my ($request) = @_;
        my ($parameters, $returns, $fixed) = @$request{qw(parameters returns fixed)};
        my @types = eval { map { theirs($_) } @$parameters, $returns }
            or return { is => 'unsupported', message => $@ };
        my $gives = pop @types;
        my @variable = defined $fixed ? [splice @types, $fixed] : ();
        my $path = $request->{library} // $main;
        my $function = eval { library($path)->function($request->{symbol}, \@types, @variable, $gives) };
        return { is => 'unlinked', message => "$path: $@" } unless $function;
        push @functions, [$function, $parameters, $returns];
        return { is => 'bound', function => $#functions };
    },
    invoke => sub {
        my ($request) = @_;
        my ($function, $parameters, $returns) = @{ $functions[$request->{function}] };
        let_go();
        my $blocks = lay_out($request->{blocks});
        my (@given, @calls, @closures);
        for my $at (0 .. $#$parameters) {
            my $carrier = $request->{arguments}[$at];
            if (ref $carrier eq 'HASH' && $carrier->{callback}) {
                push @calls, [];
                my ($closure, $address) = callback($carrier->{callback}, $functions[$request->{function}], \@given, $calls[-1]);
                push @closures, $closure;
                push @given, $address;
            } else {
                push @given, argument($parameters->[$at], $carrier, $blocks);
            }
        }
        my $value;
        eval { $value = $function->call(@given); 1 }
            or return { is => 'unsupported', message => "FFI::Platypus dies with $@" };
        my @held = map { unpack 'H*', buffer_to_scalar($_->[0], length $_->[1]) } @$blocks;
        return { is => 'returned', value => text($returns, $value), blocks => \@held, calls => \@calls };
    },
    'make-address' => sub {
        my ($request) = @_;
        my ($closure, $address) = callback($request, undef, [], my $calls = []);
        $objects{++$made} = [$closure, $calls];
        return { is => 'made', kept => "$made", address => "$address" };
    },
    heard => sub { return { is => 'heard', calls => $objects{ $_[0]{kept} }[1] } },
    release => sub { delete $objects{ $_[0]{kept} }; return { is => 'done' } },
    peek => sub {
        my ($request) = @_;
        my $bytes = buffer_to_scalar(0 + $request->{address}, $request->{length});
        return { is => 'memory', bytes => unpack 'H*', $bytes };
    },
    loop => sub {
        my ($request) = @_;
        let_go();
        my @scripts = map { ready($_) } @{ $request->{scripts} };
        my @tallies = map { {} } @scripts;
        for my $turn (0 .. $request->{rounds} - 1) {
            my $number = $turn % @scripts;
            my ($blocks, $steps) = @{ $scripts[$number] };
            poke(@$_) for @$blocks;
            my $results = eval { run($steps) }
                or return { is => 'unsupported', message => "FFI::Platypus dies with $@" };
            my @values = map { said($steps->[$_][3], $results->[$_]) } 0 .. $#$steps;
            my @shown = map { unpack 'H*', buffer_to_scalar($blocks->[$_->[0]][0] + $_->[1], $_->[2]) }
                @{ $request->{scripts}[$number]{show} };
            my ($tally, $key) = ($tallies[$number], encode_json([\@values, \@shown]));
            $tally->{$key} //= { order => scalar keys %$tally, times => 0 } if keys %$tally < 16;
            my $outcome = $tally->{$key} // (sort { $b->{order} <=> $a->{order} } values %$tally)[0];
            @$outcome{qw(values shown)} = (\@values, \@shown) unless $outcome->{times}++;
        }
        my @looped = map { [map { { %$_{qw(values shown times)} } } values %$_] } @tallies;
        return { is => 'looped', scripts => \@looped };
    },
    clock => sub {
        my ($request) = @_;
        let_go();
        my ($asked, $count) = @$request{qw(rows count)};
        my @rows = map { ready($_) } @$asked;
        # A row of one call with all its arguments is that call alone.
        my @calls = map {
            my ($step, @more) = @{ $_->[1] };
            @more || @{ $step->[2] } ? [undef, $_->[1]] : [@$step[0, 1]];
        } @rows;
        my (@last, $function, $given);
        my $at = 0;
        my $start = clock_gettime(CLOCK_MONOTONIC);
        for (1 .. $count) {
            ($function, $given) = @{ $calls[$at] };
            $last[$at] = $function ? $function->call(@$given) : run($given);
            $at = 0 if ++$at == @calls;
        }
        my $elapsed = int 1e9 * (clock_gettime(CLOCK_MONOTONIC) - $start);
        use integer;               # wraps at 2^64
        no warnings 'portable';    # of numbers of 64 bits
        my $checksum = 0;
        for my $row (0 .. min(scalar @rows, $count) - 1) {
            my ($blocks, $steps) = @{ $rows[$row] };
            my $results = $calls[$row][0] ? [$last[$row]] : $last[$row];
            my $sum = 0;
            for (@{ $asked->[$row]{bits} }) {
                my ($result, $word) = @$_{qw(result word)};
                my $type = $word ? 'u64' : $steps->[$result][3];
                my $text = $word ? argument($type, $_, $blocks)->() : said($type, $results->[$result]);
                $sum += $FLOATS{$type} ? hex $text : 0 + $text;
            }
            $checksum = $checksum * 31 + $sum;
        }
        return { is => 'benched', elapsed_ns => $elapsed, checksum => sprintf '%u', $checksum };
    },
    stop => sub { return { is => 'done' } },
);

$| = 1;
while (my $line = <STDIN>) {
    my $request = decode_json($line);
    my $reply = eval { $ANSWERS{ $request->{do} }->($request) }
        // { is => 'adapter-error', message => "$@" };    # what goes wrong here is the adapter's
    print encode_json({ id => $request->{id}, %$reply }), "\n";
    last if $request->{do} eq 'stop';
}
