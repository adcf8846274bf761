#!/usr/bin/perl
# Puts FFI::Platypus, Perl's FFI library, to the suite at wire level (docs/protocol.md). Its own types and
# conversions do the work: a type that it has not is unsupported, not made good. What is the protocol's is in wire.pl.

use strict;
use warnings;

use FFI::Platypus 2.00;
use FFI::Platypus::Buffer qw(buffer_to_scalar scalar_to_buffer);
use FFI::Platypus::Memory qw(free malloc memcpy);
use FindBin;
require "$FindBin::Bin/wire.pl";

my %TYPES = (
    i8 => 'sint8', i16 => 'sint16', i32 => 'sint32', i64 => 'sint64',
    u8 => 'uint8', u16 => 'uint16', u32 => 'uint32', u64 => 'uint64',
    f32 => 'float', f64 => 'double', bool => 'bool', pointer => 'opaque', void => 'void',
);

my %libraries;
my $ffi = FFI::Platypus->new(api => 2);
my %records;    # the classes of structs, by their members

sub link_to {
    my ($path, $symbol, $types, $variable, $returns) = @_;
    $libraries{$path} //= FFI::Platypus->new(api => 2, lib => $path);
    return $libraries{$path}->function($symbol, $types, $variable // (), $returns);
}

# Puts bytes at an address.
sub poke {
    my ($address, $bytes) = @_;
    my ($from, $length) = scalar_to_buffer($bytes);
    memcpy($address, $from, $length);
    return;
}

sub word {
    my ($address) = @_;
    return sub { unpack 'J', buffer_to_scalar($address, 8) };
}

# Platypus' type of ours. A struct is a record class of its own, which has no other in it.
sub theirs {
    my ($type) = @_;
    return $TYPES{$type} // die "FFI::Platypus has no type for $type\n" unless ref $type;
    return 'record(' . record($type) . ')';
}

sub member {
    my ($type) = @_;
    my ($length, $of) = ref $type && $type->{array} ? @{ $type->{array} } : (0, $type);
    die "FFI::Platypus has no type for a struct in a struct\n" if ref $of;
    return theirs($of) . ($length ? "[$length]" : '');
}

sub record {
    my ($type) = @_;
    my @members = map { member($_) } @{ $type->{struct} };
    return $records{"@members"} //= do {
        my $class = 'Record' . keys %records;
        my $layout = join ', ', map { "'$members[$_]' => 'm$_'" } 0 .. $#members;
        eval "package $class; use FFI::Platypus::Record; record_layout_1($layout); 1" or die $@;
        $class;
    };
}

sub filled {
    my ($type, $values) = @_;
    return record($type)->new(map { ("m$_" => $values->[$_]) } 0 .. $#$values);
}

sub members {
    my ($type, $value) = @_;
    return map { $value->${\"m$_"} } 0 .. $#{ $type->{struct} };
}

sub callback {
    my ($parameters, $returns, $answer) = @_;
    my $closure = $ffi->closure($answer);
    return ($closure, $ffi->cast('(' . join(',', @$parameters) . ")->$returns" => 'opaque', $closure));
}

Wire::serve(
    about => { name => 'platypus', version => $FFI::Platypus::VERSION, lacks => ['f16'],
        capabilities => [qw(loops libraries no-collector callbacks callback-types kept-callbacks by-value variadics)] },
    called => 'FFI::Platypus',
    type => \&theirs,
    link => \&link_to,
    # Of malloc, which aligns to 16 on the 64-bit systems that the suite runs on.
    room => \&malloc,
    free => \&free,
    poke => \&poke,
    bytes => \&buffer_to_scalar,
    word => \&word,
    filled => \&filled,
    members => \&members,
    callback => \&callback,
);
