<?php
// Puts PHP's FFI to the suite at wire level (docs/protocol.md). Its own types and conversions do the work: a
// type that it has not is unsupported, not made good.

declare(strict_types=1);

ini_set('display_errors', 'stderr');
ini_set('memory_limit', '-1');

const TYPES = [
    'i8' => 'int8_t', 'i16' => 'int16_t', 'i32' => 'int32_t', 'i64' => 'int64_t',
    'u8' => 'uint8_t', 'u16' => 'uint16_t', 'u32' => 'uint32_t', 'u64' => 'uint64_t',
    'f32' => 'float', 'f64' => 'double', 'bool' => 'bool', 'pointer' => 'void *', 'void' => 'void',
];
const FLOATS = ['f32' => 'G', 'f64' => 'E']; // as pack names them, big-endian as the hex is

final class Adapter
{
    private FFI $c;
    private string $main;
    private array $functions = [];
    private array $blocks = []; // of the last call, kept until the next
    private array $held = []; // the callbacks of the last call

    public function __construct()
    {
        $this->c = FFI::cdef('uint64_t strtoull(const char *, char **, int);');
    }

    public function hello(array $request): array
    {
        $this->main = $request['library'];
        return ['is' => 'ready', 'protocol' => 1, 'name' => 'php-ffi', 'version' => PHP_VERSION, 'language' => 'PHP',
            'level' => 'wire', 'capabilities' => ['loops', 'libraries', 'collect', 'callbacks', 'callback-types', 'by-value', 'variadics'], 'lacks' => ['f16']];
    }

    public function link(array $request): array
    {
        ['symbol' => $symbol, 'parameters' => $parameters, 'returns' => $returns, 'fixed' => $fixed] = $request;
        $path = $request['library'] ?? $this->main;
        try {
            // A struct is of the type that the library has by that name, and of no other.
            $named = fn ($type, $name) => is_array($type) ? "typedef {$this->declared($type, $name)};\n" : '';
            $all = [...$parameters, $returns];
            $structs = implode(array_map(fn ($at) => $named($all[$at], "s$at"), array_keys($all)));
            $type = fn ($at) => is_array($all[$at]) ? "s$at" : $this->declared($all[$at]);
            $taken = array_map($type, array_keys(array_slice($parameters, 0, $fixed)));
            $taken = implode(', ', $fixed === null ? $taken : [...$taken, '...']);
            $library = FFI::cdef("$structs{$type(count($parameters))} $symbol($taken);", $path);
        } catch (DomainException $error) {
            return ['is' => 'unsupported', 'message' => $error->getMessage()];
        } catch (FFI\Exception $error) {
            return ['is' => 'unlinked', 'message' => "$path: {$error->getMessage()}"];
        }
        $this->functions[] = [$library, $symbol, $parameters, $returns];
        return ['is' => 'bound', 'function' => count($this->functions) - 1];
    }

    public function invoke(array $request): array
    {
        [$library, $symbol, $parameters, $returns] = $this->functions[$request['function']];
        $this->blocks = $rooms = $this->lay_out($request['blocks']);
        [$arguments, $calls, $this->held] = [[], [], []];
        try {
            foreach ($request['arguments'] as $at => $carrier) {
                $arguments[] = match (true) {
                    isset($carrier['callback']) => $this->called($carrier['callback'], $request, $arguments, $calls),
                    is_array($parameters[$at]) => $this->filled($library->new("s$at"), $parameters[$at], $carrier),
                    default => $this->argument($parameters[$at], $carrier, $rooms),
                };
            }
            $value = $library->$symbol(...$arguments);
        } catch (Throwable $error) {
            return $this->unsupported($error);
        }
        $blocks = array_map(fn ($block) => bin2hex(FFI::string($block[1], $block[2])), $this->blocks);
        return ['is' => 'returned', 'value' => $this->text($returns, $value), 'blocks' => $blocks, 'calls' => $calls];
    }

    /** The C text of a type: of a struct, the struct itself. */
    private function declared(string|array $type, string $name = ''): string
    {
        if (isset($type['array'])) {
            return $this->declared($type['array'][1], "{$name}[{$type['array'][0]}]");
        }
        if (!isset($type['struct'])) {
            return (TYPES[$type] ?? throw new DomainException("PHP's FFI has no type for $type")) . " $name";
        }
        $members = array_map(fn ($of, $at) => $this->declared($of, "m$at") . ';', $type['struct'], array_keys($type['struct']));
        return 'struct { ' . implode(' ', $members) . " } $name";
    }

    /** A function of the library's own, which answers as it is told and notes what it is called with. */
    private function called(array $told, array $request, array &$given, array &$calls): FFI\CData
    {
        ['parameters' => $parameters, 'returns' => $returns, 'answers' => $answers] = $told;
        [$library, $symbol, $types] = $this->functions[$request['function']];
        $number = count($calls);
        $calls[] = [];
        $answer = function (...$values) use ($parameters, $returns, $answers, $number, &$given, &$calls, $library, $symbol, $types) {
            $calls[$number][] = array_map($this->text(...), $parameters, $values);
            $answer = $answers[min(count($calls[$number]), count($answers)) - 1];
            if (!isset($answer['again'])) {
                return $answer === null ? null : $this->argument($returns, $answer, []);
            }
            $again = fn ($type, $one) => is_array($one) ? $given[$one['argument']] : $this->argument($type, $one, []);
            return $library->$symbol(...array_map($again, $types, $answer['again']));
        };
        $taken = implode(', ', array_map(fn ($type) => TYPES[$type], $parameters));
        $declared = FFI::cdef('typedef ' . TYPES[$returns] . " (*callback)($taken);");
        $holder = $declared->new('struct { callback f; }');
        $holder->f = $answer;
        $this->held[] = [$declared, $holder];
        return FFI::cast('void *', $holder->f);
    }

    public function peek(array $request): array
    {
        $start = FFI::cast('char *', $this->word($request['address']));
        return ['is' => 'memory', 'bytes' => bin2hex(FFI::string($start, $request['length']))];
    }

    public function loop(array $request): array
    {
        $scripts = array_map($this->ready(...), $request['scripts']);
        $tallies = array_fill(0, count($scripts), []);
        for ($turn = 0; $turn < $request['rounds']; $turn++) {
            $number = $turn % count($scripts);
            [$rooms, $steps] = $scripts[$number];
            foreach ($rooms as [, $start, $length, $content]) {
                FFI::memcpy($start, $content, $length);
            }
            try {
                $results = $this->run($steps);
            } catch (Throwable $error) {
                return $this->unsupported($error);
            }
            $values = array_map(fn ($step, $value) => $this->said($step[4], $value), $steps, $results);
            $shown = [];
            foreach ($request['scripts'][$number]['show'] as [$block, $offset, $length]) {
                $shown[] = bin2hex(substr(FFI::string($rooms[$block][1], $offset + $length), $offset));
            }
            $key = json_encode([$values, $shown]);
            if (!isset($tallies[$number][$key]) && count($tallies[$number]) === 16) {
                $key = array_key_last($tallies[$number]);
            }
            $tallies[$number][$key] ??= ['values' => $values, 'shown' => $shown, 'times' => 0];
            $tallies[$number][$key]['times']++;
        }
        return ['is' => 'looped', 'scripts' => array_map(array_values(...), $tallies)];
    }

    public function clock(array $request): array
    {
        $rows = array_map($this->ready(...), $request['rows']);
        // A row of one call with all its arguments is that call alone.
        $alone = array_map(fn ($row) => count($row[1]) === 1 && !$row[1][0][3] ? $row[1][0] : null, $rows);
        [$last, $at, $many] = [[], 0, count($rows)];
        $start = hrtime(true);
        for ($turn = $request['count']; $turn > 0; $turn--) {
            if ($alone[$at]) {
                [$library, $symbol, $given] = $alone[$at];
                $last[$at] = $library->$symbol(...$given);
            } else {
                $last[$at] = $this->run($rows[$at][1]);
            }
            $at = $at + 1 === $many ? 0 : $at + 1;
        }
        $elapsed = hrtime(true) - $start;
        $checksum = 0;
        foreach (array_slice($rows, 0, $request['count']) as $row => [$rooms, $steps]) {
            $results = $alone[$row] ? [$last[$row]] : $last[$row];
            $sum = 0;
            foreach ($request['rows'][$row]['bits'] as $bits) {
                $sum = $this->fold($sum, 1, $this->bits($bits, $rooms, $steps, $results));
            }
            $checksum = $this->fold($checksum, 31, $sum);
        }
        return ['is' => 'benched', 'elapsed_ns' => $elapsed, 'checksum' => sprintf('%u', $checksum)];
    }

    public function collect(): array
    {
        gc_collect_cycles();
        return ['is' => 'done'];
    }

    private function unsupported(Throwable $error): array
    {
        return ['is' => 'unsupported', 'message' => "PHP's FFI throws " . $error::class . ": {$error->getMessage()}"];
    }

    /** The integer of these 64 bits: PHP has no unsigned one. */
    private function word(string $decimal): int
    {
        return $decimal[0] === '-' ? (int) $decimal : $this->c->strtoull($decimal, null, 10);
    }

    private function address(FFI\CData $pointer): int
    {
        // What a `void *` points to is cast, and what a `char *` is.
        return FFI::cast('uintptr_t', FFI::cast('char *', $pointer))->cdata;
    }

    /** Of each block memory that holds it, the address in it that is aligned to 16, and what is there. */
    private function lay_out(array $blocks): array
    {
        $rooms = [];
        foreach ($blocks as $block) {
            $length = strlen($block['bytes']) >> 1;
            $memory = FFI::new('char[' . $length + 16 . ']');
            $start = FFI::cast('char *', $memory);
            $start += -$this->address($start) & 15;
            FFI::memcpy($start, hex2bin($block['bytes']), $length);
            $rooms[] = [$memory, $start, $length];
        }
        foreach ($blocks as $at => $block) {
            foreach ($block['pointers'] as [$offset, $to]) {
                $place = FFI::cast('uintptr_t *', $rooms[$at][1] + $offset);
                $place[0] = $this->address($rooms[$to][1]);
            }
        }
        return array_map(fn ($room) => [...$room, FFI::string($room[1], $room[2])], $rooms);
    }

    /** A carrier to what PHP code would pass, or to what gives that from the results so far. */
    private function argument(string $type, array|string $carrier, array $rooms): mixed
    {
        return match (true) {
            isset($carrier['block']) => $rooms[$carrier['block']][1],
            isset($carrier['result']) => fn ($results) => $this->passed($type, $results[$carrier['result']]),
            isset($carrier['word']) => $this->late($type, ...$carrier['word'], rooms: $rooms),
            isset(FLOATS[$type]) => unpack(FLOATS[$type], hex2bin($carrier))[1],
            $type === 'bool' => $carrier === '1',
            default => $this->passed($type, $this->word($carrier)),
        };
    }

    /** A struct, or an array within one, that holds these. */
    private function filled(FFI\CData $into, array $type, array $values): FFI\CData
    {
        foreach ($values as $at => $value) {
            $of = $type['struct'][$at] ?? $type['array'][1];
            $place = isset($type['struct']) ? "m$at" : $at;
            if (is_array($of)) {
                $this->filled(is_int($place) ? $into[$place] : $into->$place, $of, $value);
            } elseif (is_int($place)) {
                $into[$place] = $this->argument($of, $value, []);
            } else {
                $into->$place = $this->argument($of, $value, []);
            }
        }
        return $into;
    }

    private function late(string $type, int $block, int $offset, array $rooms): Closure
    {
        $place = FFI::cast('uint64_t *', $rooms[$block][1] + $offset);
        return fn () => $this->passed($type, $place[0]);
    }

    /** An address or an integer as a parameter of this type takes it. */
    private function passed(string $type, int|FFI\CData|null $value): int|FFI\CData
    {
        $word = $value instanceof FFI\CData ? $this->address($value) : $value ?? 0;
        return $type === 'pointer' ? FFI::cast('void *', $word) : $word;
    }

    /** The memory of a script, and its steps: function, arguments, those that are late, what is returned. */
    private function ready(array $script): array
    {
        $rooms = $this->lay_out($script['blocks']);
        $steps = [];
        foreach ($script['steps'] as $step) {
            [$library, $symbol, $parameters, $returns] = $this->functions[$step['function']];
            $argument = fn ($type, $carrier) => $this->argument($type, $carrier, $rooms);
            $given = array_map($argument, $parameters, $step['arguments']);
            $late = array_filter($given, fn ($one) => $one instanceof Closure);
            $steps[] = [$library, $symbol, $given, $late, $returns];
        }
        return [$rooms, $steps];
    }

    private function run(array $steps): array
    {
        $results = [];
        foreach ($steps as [$library, $symbol, $given, $late]) {
            foreach ($late as $at => $left) {
                $given[$at] = $left($results);
            }
            $results[] = $library->$symbol(...$given);
        }
        return $results;
    }

    private function bits(array $bits, array $rooms, array $steps, array $results): int
    {
        if (isset($bits['word'])) {
            return $this->argument('u64', $bits, $rooms)();
        }
        $type = $steps[$bits['result']][4];
        $text = $this->said($type, $results[$bits['result']]);
        return isset(FLOATS[$type]) ? unpack('J', hex2bin(str_pad($text, 16, '0', STR_PAD_LEFT)))[1] : $this->word($text);
    }

    /** a * times + b in 64 bits that wrap, where PHP's own arithmetic would go on in floats. */
    private function fold(int $a, int $times, int $b): int
    {
        $low = ($a & 0xffffffff) * $times + ($b & 0xffffffff);
        $high = ($a >> 32 & 0xffffffff) * $times + ($b >> 32 & 0xffffffff) + ($low >> 32);
        return $high << 32 | $low & 0xffffffff;
    }

    private function said(string $type, mixed $value): ?string
    {
        $text = $this->text($type, $value);
        return $type === 'pointer' && $text !== '0' ? '1' : $text;
    }

    /** What FFI gave, as a carrier. */
    private function text(string|array $type, mixed $value): string|array|null
    {
        return match (true) {
            isset($type['struct']) => array_map(
                fn ($of, $at) => $this->text($of, $value->{"m$at"}), $type['struct'], array_keys($type['struct'])),
            isset($type['array']) => array_map(
                fn ($at) => $this->text($type['array'][1], $value[$at]), range(0, $type['array'][0] - 1)),
            $type === 'void' => null,
            $type === 'pointer' => $value === null ? '0' : sprintf('%u', $this->address($value)),
            isset(FLOATS[$type]) => bin2hex(pack(FLOATS[$type], $value)),
            default => (string) (int) $value,
        };
    }
}

$adapter = new Adapter();
while (($line = fgets(STDIN)) !== false) {
    $request = json_decode($line, true);
    try {
        $reply = $request['do'] === 'stop' ? ['is' => 'done'] : $adapter->{$request['do']}($request);
    } catch (Throwable $error) { // what goes wrong here is the adapter's, and said to be
        $reply = ['is' => 'adapter-error', 'message' => $error::class . ": {$error->getMessage()}"];
    }
    fwrite(STDOUT, json_encode(['id' => $request['id']] + $reply, JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
    if ($request['do'] === 'stop') {
        break;
    }
}
