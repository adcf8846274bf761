# What is the protocol's of an adapter in Perl at wire level (docs/protocol.md): messages, carriers, blocks and loops.
# What a library does is the adapter's own. `serve` is given it by name:
#
#   about                      name, version, capabilities and what it lacks, as `ready` says them
#   called                     what messages call the library
#   type(type)                 its own of a type that `link` names, or of a struct; dies where it has none
#   link(path, symbol, types, variable, returns)
#                              what has a method `call`, of types of its own, those of variable arguments in a list beside the
#                              others, undef where the function is not variadic; dies where there is no such symbol
#   room(length), free(address)
#                              memory aligned to 16; an address is a number, and null undef
#   poke(address, bytes), bytes(address, length)
#                              puts bytes there, and gives those that are there
#   word(address)              a function that gives the 8 bytes there as an unsigned number
#   filled(type, values)       a struct, of the list of its members; an array among them is a list
#   members(type, value)       the list of the members of a struct that came back
#   callback(parameters, returns, answer)
#                              what keeps a C function of types of its own that calls `answer`, and its address

package Wire;

use strict;
use warnings;

use JSON::XS;
use List::Util qw(min);
use Time::HiRes qw(CLOCK_MONOTONIC clock_gettime);

my %FLOATS = (f32 => 'f>', f64 => 'd>');    # as pack names them, big-endian as the hex is

my (%library, $main, @functions);
my @kept;                                   # the memory of the last call, and that of a loop's scripts
my ($made, %objects) = (0);                 # functions that the library keeps, and what each was called with

# Of each block the address, and what is there.
sub lay_out {
    my ($wanted) = @_;
    my @blocks = map { [$library{room}->(length($_->{bytes}) / 2), pack 'H*', $_->{bytes}] } @$wanted;
    for my $at (0 .. $#$wanted) {
        substr($blocks[$at][1], $_->[0], 8) = pack 'J', $blocks[$_->[1]][0] for @{ $wanted->[$at]{pointers} };
        $library{poke}->(@{ $blocks[$at] });
    }
    push @kept, @blocks;
    return \@blocks;
}

sub let_go { $library{free}->($_->[0]) for splice @kept; return }

# A function of the host's, which answers as it is told and notes what it is called with.
sub called {
    my ($told, $linked, $given, $calls) = @_;
    my ($parameters, $returns, $answers) = @$told{qw(parameters returns answers)};
    my @value = defined $answers->[0] && $told->{plain} ? argument($returns, $answers->[0], []) : ();
    my $answer = $told->{plain} ? sub { $value[0] } : sub {
        push @$calls, [map { text($parameters->[$_], $_[$_]) } 0 .. $#$parameters];
        my $answer = $answers->[min(scalar @$calls, scalar @$answers) - 1];
        return defined $answer ? argument($returns, $answer, []) : () unless ref $answer;
        my $again = $answer->{again};
        my @again = map { ref $again->[$_] ? $given->[$again->[$_]{argument}] : argument($linked->[1][$_], $again->[$_], []) }
            0 .. $#$again;
        return $linked->[0]->call(@again);
    };
    return $library{callback}->([map { $library{type}->($_) } @$parameters], $library{type}->($returns), $answer);
}

# The types of a struct's members, or of so many elements of an array.
sub within {
    my ($type, $length) = @_;
    return $type->{struct} ? @{ $type->{struct} } : ($type->{array}[1]) x $length;
}

# A carrier to what Perl code would pass, or to what gives that from the results so far.
sub argument {
    my ($type, $carrier, $blocks) = @_;
    if (ref $carrier eq 'ARRAY') {
        my @of = within($type, scalar @$carrier);
        my @values = map { argument($of[$_], $carrier->[$_], $blocks) } 0 .. $#of;
        return $type->{struct} ? $library{filled}->($type, \@values) : \@values;
    }
    if (ref $carrier) {
        return $blocks->[$carrier->{block}][0] if exists $carrier->{block};
        my ($result, $word) = @$carrier{qw(result word)};
        return sub { $_[0][$result] // ($type eq 'pointer' ? undef : 0) } unless $word;
        return $library{word}->($blocks->[$word->[0]][0] + $word->[1]);
    }
    return unpack $FLOATS{$type}, pack 'H*', $carrier if $FLOATS{$type};
    return undef if $type eq 'pointer' && $carrier eq '0';
    return 0 + $carrier;
}

# What the library gave, as a carrier.
sub text {
    my ($type, $value) = @_;
    if (ref $type) {
        my @values = $type->{struct} ? $library{members}->($type, $value) : @$value;
        my @of = within($type, scalar @values);
        return [map { text($of[$_], $values[$_]) } 0 .. $#of];
    }
    return undef if $type eq 'void';
    return unpack 'H*', pack $FLOATS{$type}, $value if $FLOATS{$type};
    return sprintf '%u', $value // 0 if $type eq 'pointer';    # its word may be given as signed
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

sub unsupported { return { is => 'unsupported', message => "$library{called} dies with $@" } }

my %ANSWERS = (
    hello => sub {
        my ($request) = @_;
        $main = $request->{library};
        return { is => 'ready', protocol => 1, language => 'Perl', level => 'wire', %{ $library{about} } };
    },
    link => sub {
        my ($request) = @_;
        my ($symbol, $parameters, $returns, $fixed) = @$request{qw(symbol parameters returns fixed)};
        my @types = eval { map { $library{type}->($_) } @$parameters, $returns }
            or return { is => 'unsupported', message => $@ };
        my $gives = pop @types;
        my $variable = defined $fixed ? [splice @types, $fixed] : undef;
        my $path = $request->{library} // $main;
        my $function = eval { $library{link}->($path, $symbol, \@types, $variable, $gives) };
        return { is => 'unlinked', message => "$path: $@" } unless $function;
        push @functions, [$function, $parameters, $returns];
        return { is => 'bound', function => $#functions };
    },
    invoke => sub {
        my ($request) = @_;
        my $linked = $functions[$request->{function}];
        my ($function, $parameters, $returns) = @$linked;
        let_go();
        my $blocks = lay_out($request->{blocks});
        my (@given, @calls, @lent);
        for my $at (0 .. $#$parameters) {
            my $carrier = $request->{arguments}[$at];
            if (ref $carrier eq 'HASH' && $carrier->{callback}) {
                push @calls, [];
                my ($keeps, $address) = called($carrier->{callback}, $linked, \@given, $calls[-1]);
                push @lent, $keeps;
                push @given, $address;
            } else {
                push @given, argument($parameters->[$at], $carrier, $blocks);
            }
        }
        my $value;
        eval { $value = $function->call(@given); 1 } or return unsupported();
        my @held = map { unpack 'H*', $library{bytes}->($_->[0], length $_->[1]) } @$blocks;
        return { is => 'returned', value => text($returns, $value), blocks => \@held, calls => \@calls };
    },
    'make-address' => sub {
        my ($request) = @_;
        my ($keeps, $address) = called($request, undef, [], my $calls = []);
        $objects{++$made} = [$keeps, $calls];
        return { is => 'made', kept => "$made", address => "$address" };
    },
    heard => sub { return { is => 'heard', calls => $objects{ $_[0]{kept} }[1] } },
    release => sub { delete $objects{ $_[0]{kept} }; return { is => 'done' } },
    peek => sub {
        my ($request) = @_;
        return { is => 'memory', bytes => unpack 'H*', $library{bytes}->(0 + $request->{address}, $request->{length}) };
    },
    loop => sub {
        my ($request) = @_;
        let_go();
        my @scripts = map { ready($_) } @{ $request->{scripts} };
        my @tallies = map { {} } @scripts;
        for my $turn (0 .. $request->{rounds} - 1) {
            my $number = $turn % @scripts;
            my ($blocks, $steps) = @{ $scripts[$number] };
            $library{poke}->(@$_) for @$blocks;
            my $results = eval { run($steps) } or return unsupported();
            my @values = map { said($steps->[$_][3], $results->[$_]) } 0 .. $#$steps;
            my @shown = map { unpack 'H*', $library{bytes}->($blocks->[$_->[0]][0] + $_->[1], $_->[2]) }
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

# Answers requests until the last.
sub serve {
    %library = @_;
    $| = 1;
    while (my $line = <STDIN>) {
        my $request = decode_json($line);
        my $reply = eval { $ANSWERS{ $request->{do} }->($request) }
            // { is => 'adapter-error', message => "$@" };    # what goes wrong here is the adapter's
        print encode_json({ id => $request->{id}, %$reply }), "\n";
        last if $request->{do} eq 'stop';
    }
    return;
}

1;
