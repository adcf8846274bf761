<?php
// Puts PHP's FFI to the suite at wire level (docs/protocol.md). Its own types and conversions do the work: a
// type that it has not is unsupported, not made good. What is the protocol's is in wire.php.

declare(strict_types=1);

require __DIR__ . '/wire.php';

final class Adapter extends Wire
{
    protected const CALLED = "PHP's FFI";
    protected const ABOUT = ['name' => 'php-ffi', 'version' => PHP_VERSION, 'lacks' => ['f16'],
        'capabilities' => ['loops', 'libraries', 'collect', 'callbacks', 'callback-types', 'by-value', 'variadics']];
    private const TYPES = [
        'i8' => 'int8_t', 'i16' => 'int16_t', 'i32' => 'int32_t', 'i64' => 'int64_t',
        'u8' => 'uint8_t', 'u16' => 'uint16_t', 'u32' => 'uint32_t', 'u64' => 'uint64_t',
        'f32' => 'float', 'f64' => 'double', 'bool' => 'bool', 'pointer' => 'void *', 'void' => 'void',
    ];

    protected function link_to(string $path, string $symbol, array $parameters, string|array $returns, ?int $fixed): array
    {
        // A struct is of the type that the library has by that name, and of no other.
        $named = fn ($type, $name) => is_array($type) ? "typedef {$this->declared($type, $name)};\n" : '';
        $all = [...$parameters, $returns];
        $structs = implode(array_map(fn ($at) => $named($all[$at], "s$at"), array_keys($all)));
        $type = fn ($at) => is_array($all[$at]) ? "s$at" : $this->declared($all[$at]);
        $taken = array_map($type, array_keys(array_slice($parameters, 0, $fixed)));
        $taken = implode(', ', $fixed === null ? $taken : [...$taken, '...']);
        try {
            return [FFI::cdef("$structs{$type(count($parameters))} $symbol($taken);", $path), $symbol];
        } catch (FFI\Exception $error) {
            throw new Unlinked($error->getMessage());
        }
    }

    /** The C text of a type: of a struct, the struct itself. */
    private function declared(string|array $type, string $name = ''): string
    {
        if (isset($type['array'])) {
            return $this->declared($type['array'][1], "{$name}[{$type['array'][0]}]");
        }
        if (!isset($type['struct'])) {
            return (self::TYPES[$type] ?? throw new Unsupported(self::CALLED . " has no type for $type")) . " $name";
        }
        $members = array_map(fn ($of, $at) => $this->declared($of, "m$at") . ';', $type['struct'], array_keys($type['struct']));
        return 'struct { ' . implode(' ', $members) . " } $name";
    }

    protected function callback(array $parameters, string $returns, Closure $answer): array
    {
        $taken = implode(', ', array_map(fn ($type) => self::TYPES[$type], $parameters));
        $declared = FFI::cdef('typedef ' . self::TYPES[$returns] . " (*callback)($taken);");
        $holder = $declared->new('struct { callback f; }');
        $holder->f = $answer;
        return [[$declared, $holder], FFI::cast('void *', $holder->f)];
    }

    protected function filled(FFI $library, int $at, array $type, array $values): FFI\CData
    {
        return $this->fill_in($library->new("s$at"), $type, $values);
    }

    private function fill_in(FFI\CData $into, array $type, array $values): FFI\CData
    {
        foreach ($values as $at => $value) {
            $member = "m$at";
            if (is_array($value)) {
                $of = $type['struct'][$at] ?? $type['array'][1];
                $this->fill_in(isset($type['struct']) ? $into->$member : $into[$at], $of, $value);
            } elseif (isset($type['struct'])) {
                $into->$member = $value;
            } else {
                $into[$at] = $value;
            }
        }
        return $into;
    }

    protected function members(array $type, FFI\CData $value): array
    {
        $member = fn ($at) => isset($type['struct']) ? $value->{"m$at"} : $value[$at];
        return array_map($member, array_keys($type['struct'] ?? range(1, $type['array'][0])));
    }

    protected function room(string $bytes): array
    {
        $memory = FFI::new('char[' . strlen($bytes) + 16 . ']');
        $start = FFI::cast('char *', $memory);
        $start += -$this->address($start) & 15;
        $this->fill($start, $bytes);
        return [$memory, $start];
    }

    protected function fill(FFI\CData $pointer, string $bytes): void
    {
        FFI::memcpy($pointer, $bytes, strlen($bytes));
    }

    protected function held(FFI\CData $pointer, int $length): string
    {
        return FFI::string($pointer, $length);
    }

    protected function word(FFI\CData $pointer, int $offset): FFI\CData
    {
        return FFI::cast('uint64_t *', $pointer + $offset);
    }

    protected function pointer(int $address): FFI\CData
    {
        return FFI::cast('char *', $address);
    }

    protected function address(FFI\CData $pointer): int
    {
        // What a `void *` points to is cast, and what a `char *` is.
        return FFI::cast('uintptr_t', FFI::cast('char *', $pointer))->cdata;
    }

    /** An address or an integer as a parameter of this type takes it. */
    protected function passed(string $type, int|FFI\CData|null $value): int|FFI\CData
    {
        $word = $value instanceof FFI\CData ? $this->address($value) : $value ?? 0;
        return $type === 'pointer' ? FFI::cast('void *', $word) : $word;
    }
}

serve(new Adapter());
