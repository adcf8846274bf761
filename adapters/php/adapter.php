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

    public function __construct()
    {
        $this->c = FFI::cdef('uint64_t strtoull(const char *, char **, int);');
    }

    public function hello(array $request): array
    {
        $this->main = $request['library'];
        return ['is' => 'ready', 'protocol' => 1, 'name' => 'php-ffi', 'version' => PHP_VERSION, 'language' => 'PHP',
            'level' => 'wire', 'capabilities' => ['libraries', 'collect']];
    }

    public function link(array $request): array
    {
        ['symbol' => $symbol, 'parameters' => $parameters, 'returns' => $returns] = $request;
        foreach ([...$parameters, $returns] as $type) {
            if (!isset(TYPES[$type])) {
                return ['is' => 'unsupported', 'message' => "PHP's FFI has no type for $type"];
            }
        }
        $taken = implode(', ', array_map(fn ($type) => TYPES[$type], $parameters));
        $path = $request['library'] ?? $this->main;
        try {
            $library = FFI::cdef(TYPES[$returns] . " $symbol($taken);", $path);
        } catch (FFI\Exception $error) {
            return ['is' => 'unlinked', 'message' => "$path: {$error->getMessage()}"];
        }
        $this->functions[] = [$library, $symbol, $parameters, $returns];
        return ['is' => 'bound', 'function' => count($this->functions) - 1];
    }

    public function invoke(array $request): array
    {
        [$library, $symbol, $parameters, $returns] = $this->functions[$request['function']];
        $this->lay_out($request['blocks']);
        $arguments = array_map($this->argument(...), $parameters, $request['arguments']);
        try {
            $value = $library->$symbol(...$arguments);
        } catch (Throwable $error) {
            return ['is' => 'unsupported', 'message' => "PHP's FFI throws " . $error::class . ": {$error->getMessage()}"];
        }
        $blocks = array_map(fn ($block) => bin2hex(FFI::string($block[1], $block[2])), $this->blocks);
        return ['is' => 'returned', 'value' => $this->text($returns, $value), 'blocks' => $blocks];
    }

    public function peek(array $request): array
    {
        $start = FFI::cast('char *', $this->word($request['address']));
        return ['is' => 'memory', 'bytes' => bin2hex(FFI::string($start, $request['length']))];
    }

    public function collect(): array
    {
        gc_collect_cycles();
        return ['is' => 'done'];
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

    private function lay_out(array $blocks): void
    {
        $this->blocks = [];
        foreach ($blocks as $block) {
            $content = hex2bin($block['bytes']);
            $room = FFI::new('char[' . strlen($content) + 16 . ']');
            $start = FFI::cast('char *', $room);
            $start += -$this->address($start) & 15; // aligned to 16
            FFI::memcpy($start, $content, strlen($content));
            $this->blocks[] = [$room, $start, strlen($content)];
        }
        foreach ($blocks as $at => $block) {
            foreach ($block['pointers'] as [$offset, $to]) {
                $place = FFI::cast('uintptr_t *', $this->blocks[$at][1] + $offset);
                $place[0] = $this->address($this->blocks[$to][1]);
            }
        }
    }

    /** A carrier to what PHP code would pass. */
    private function argument(string $type, array|string $carrier): mixed
    {
        return match (true) {
            is_array($carrier) => $this->blocks[$carrier['block']][1],
            isset(FLOATS[$type]) => unpack(FLOATS[$type], hex2bin($carrier))[1],
            $type === 'bool' => $carrier === '1',
            $type === 'pointer' => FFI::cast('void *', $this->word($carrier)),
            default => $this->word($carrier),
        };
    }

    /** What FFI gave, as a carrier. */
    private function text(string $type, mixed $value): ?string
    {
        return match (true) {
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
