#!/usr/bin/perl
# Puts FFI::Platypus, Perl's FFI library, to the suite at wire level (docs/protocol.md). Its own types and
# conversions do the work: a type that it has not is unsupported, not made good.

use strict;
use warnings;

use FFI::Platypus 2.00;
use FFI::Platypus::Buffer qw(buffer_to_scalar scalar_to_buffer);
use FFI::Platypus::Memory qw(free malloc memcpy);
use JSON::XS;

my %TYPES = (
    i8 => 'sint8', i16 => 'sint16', i32 => 'sint32', i64 => 'sint64',
    u8 => 'uint8', u16 => 'uint16', u32 => 'uint32', u64 => 'uint64',
    f32 => 'float', f64 => 'double', bool => 'bool', pointer => 'opaque', void => 'void',
);
my %FLOATS = (f32 => 'f>', f64 => 'd>');    # as pack names them, big-endian as the hex is

my ($main, %libraries, @functions);
my @blocks;                                 # addresses and lengths of the last call's memory

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

# Memory from malloc, which aligns to 16 on the 64-bit systems that the suite runs on.
sub lay_out {
    my ($wanted) = @_;
    free($_->[0]) for splice @blocks;
    for my $block (@$wanted) {
        my $bytes = pack 'H*', $block->{bytes};
        push @blocks, [malloc(length $bytes), length $bytes];
        poke($blocks[-1][0], $bytes);
    }
    for my $at (0 .. $#$wanted) {
        for (@{ $wanted->[$at]{pointers} }) {
            my ($offset, $to) = @$_;
            poke($blocks[$at][0] + $offset, pack 'J', $blocks[$to][0]);
        }
    }
    return;
}

# A carrier to what Perl code would pass.
sub argument {
    my ($type, $carrier) = @_;
    return $blocks[$carrier->{block}][0] if ref $carrier;
    return unpack $FLOATS{$type}, pack 'H*', $carrier if $FLOATS{$type};
    return undef if $type eq 'pointer' && $carrier eq '0';
    return 0 + $carrier;
}

# What Platypus gave, as a carrier.
sub text {
    my ($type, $value) = @_;
    return undef if $type eq 'void';
    return unpack 'H*', pack $FLOATS{$type}, $value if $FLOATS{$type};
    return sprintf '%u', $value // 0 if $type eq 'pointer';    # Platypus gives its word as signed
    return $value ? '1' : '0' if $type eq 'bool';
    return "$value";
}

my %ANSWERS = (
    hello => sub {
        my ($request) = @_;
        $main = $request->{library};
        return { is => 'ready', protocol => 1, name => 'platypus', version => $FFI::Platypus::VERSION,
            language => 'Perl', level => 'wire', capabilities => ['libraries', 'no-collector'] };
    },
    link => sub {
        my ($request) = @_;
        my ($parameters, $returns) = @$request{qw(parameters returns)};
        for (@$parameters, $returns) {
            return { is => 'unsupported', message => "FFI::Platypus has no type for $_" } unless $TYPES{$_};
        }
        my $path = $request->{library} // $main;
        my $function = eval {
            library($path)->function($request->{symbol}, [@TYPES{@$parameters}], $TYPES{$returns});
        };
        return { is => 'unlinked', message => "$path: $@" } unless $function;
        push @functions, [$function, $parameters, $returns];
        return { is => 'bound', function => $#functions };
    },
    invoke => sub {
        my ($request) = @_;
        my ($function, $parameters, $returns) = @{ $functions[$request->{function}] };
        lay_out($request->{blocks});
        my @given = map { argument($parameters->[$_], $request->{arguments}[$_]) } 0 .. $#$parameters;
        my $value;
        eval { $value = $function->call(@given); 1 }
            or return { is => 'unsupported', message => "FFI::Platypus dies with $@" };
        my @held = map { unpack 'H*', buffer_to_scalar($_->[0], $_->[1]) } @blocks;
        return { is => 'returned', value => text($returns, $value), blocks => \@held };
    },
    peek => sub {
        my ($request) = @_;
        my $bytes = buffer_to_scalar(0 + $request->{address}, $request->{length});
        return { is => 'memory', bytes => unpack 'H*', $bytes };
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
