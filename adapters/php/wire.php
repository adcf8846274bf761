<?php
// What is the protocol's of an adapter in PHP at wire level (docs/protocol.md): messages, carriers, blocks and loops.
// What a library does is the adapter's own. It is a class below Wire, an object of which `serve` is given, with
//
//   ABOUT                      name, version, capabilities and what it lacks, as `ready` says them
//   CALLED                     what messages call the library
//   link_to(path, symbol, parameters, returns, fixed)
//                              an object, and the name of its method that makes the call; of a variadic function `fixed`
//                              of the parameters are named, of others it is null; throws Unsupported or Unlinked
//   room(bytes)                what keeps memory that holds these bytes, and the pointer to it, aligned to 16, which is
//                              an argument of a call
//   fill(pointer, bytes), held(pointer, length)
//                              puts bytes there, and gives those that are there
//   word(pointer, offset)      what has the word there as its element 0
//   pointer(address)           a pointer to what is there already; addresses are ints of the same 64 bits
//   address(pointer)           the address of a pointer that came back
//   passed(type, value)        an integer, or an address in whatever form, as an argument of this type
//   callback(parameters, returns, answer)
//                              what keeps a C function that calls the closure, and its pointer
//   filled(object, at, type, values)
//                              the struct that is this parameter of what was linked, of the list of its members
//   members(type, value)       the list of the members of a struct that came back, or of the elements of an array in one

declare(strict_types=1);

ini_set('display_errors', 'stderr');
ini_set('memory_limit', '-1');

/** What the library, and not its adapter, does not do. */
final class Unsupported extends Exception {}

/** A library that does not open, or lacks a symbol. */
final class Unlinked extends Exception {}

abstract class Wire
{
    private const FLOATS = ['f32' => 'G', 'f64' => 'E']; // as pack names them, big-endian as the hex is

    private string $main;
    private array $functions = []; // object, name of its method, parameters, what it returns
    private array $blocks = []; // of the last call, kept until the next
    private array $lent = []; // the callbacks of the last call

    public function hello(array $request): array
    {
        $this->main = $request['library'];
        return ['is' => 'ready', 'protocol' => 1, 'language' => 'PHP', 'level' => 'wire'] + static::ABOUT;
    }

    public function link(array $request): array
    {
        ['symbol' => $symbol, 'parameters' => $parameters, 'returns' => $returns, 'fixed' => $fixed] = $request;
        $path = $request['library'] ?? $this->main;
        try {
            $this->functions[] = [...$this->link_to($path, $symbol, $parameters, $returns, $fixed), $parameters, $returns];
        } catch (Unlinked $error) {
            return ['is' => 'unlinked', 'message' => "$path: {$error->getMessage()}"];
        }
        return ['is' => 'bound', 'function' => count($this->functions) - 1];
    }

    public function invoke(array $request): array
    {
        [$object, $method, $parameters, $returns] = $linked = $this->functions[$request['function']];
        $this->blocks = $rooms = $this->lay_out($request['blocks']);
        [$arguments, $calls, $this->lent] = [[], [], []];
        try {
            foreach ($request['arguments'] as $at => $carrier) {
                $type = $parameters[$at];
                $arguments[] = match (true) {
                    isset($carrier['callback']) => $this->called($carrier['callback'], $linked, $arguments, $calls),
                    is_array($type) => $this->filled($object, $at, $type, $this->argument($type, $carrier, $rooms)),
                    default => $this->argument($type, $carrier, $rooms),
                };
            }
            $value = $object->$method(...$arguments);
        } catch (Throwable $error) {
            throw $this->thrown($error);
        }
        $blocks = array_map(fn ($room) => bin2hex($this->held($room[1], strlen($room[2]))), $rooms);
        return ['is' => 'returned', 'value' => $this->text($returns, $value), 'blocks' => $blocks, 'calls' => $calls];
    }

    /** A function of the host's, which answers as it is told and notes what it is called with. */
    private function called(array $told, array $linked, array &$given, array &$calls): mixed
    {
        ['parameters' => $parameters, 'returns' => $returns, 'answers' => $answers] = $told;
        $number = count($calls);
        $calls[] = [];
        $answer = function (...$values) use ($parameters, $returns, $answers, $number, &$given, &$calls, $linked) {
            $calls[$number][] = array_map($this->text(...), $parameters, $values);
            $answer = $answers[min(count($calls[$number]), count($answers)) - 1];
            if (!isset($answer['again'])) {
                return $answer === null ? null : $this->argument($returns, $answer, []);
            }
            $again = fn ($type, $one) => is_array($one) ? $given[$one['argument']] : $this->argument($type, $one, []);
            [$object, $method, $types] = $linked;
            return $object->$method(...array_map($again, $types, $answer['again']));
        };
        [$this->lent[], $pointer] = $this->callback($parameters, $returns, $answer);
        return $pointer;
    }

    public function peek(array $request): array
    {
        $bytes = $this->held($this->pointer($this->number($request['address'])), $request['length']);
        return ['is' => 'memory', 'bytes' => bin2hex($bytes)];
    }

    public function loop(array $request): array
    {
        $scripts = array_map($this->ready(...), $request['scripts']);
        $tallies = array_fill(0, count($scripts), []);
        for ($turn = 0; $turn < $request['rounds']; $turn++) {
            $number = $turn % count($scripts);
            [$rooms, $steps] = $scripts[$number];
            foreach ($rooms as [, $pointer, $content]) {
                $this->fill($pointer, $content);
            }
            try {
                $results = $this->run($steps);
            } catch (Throwable $error) {
                throw $this->thrown($error);
            }
            $values = array_map(fn ($step, $value) => $this->said($step[4], $value), $steps, $results);
            $shown = [];
            foreach ($request['scripts'][$number]['show'] as [$block, $offset, $length]) {
                $shown[] = bin2hex(substr($this->held($rooms[$block][1], $offset + $length), $offset));
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
                [$object, $method, $given] = $alone[$at];
                $last[$at] = $object->$method(...$given);
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

    private function thrown(Throwable $error): Unsupported
    {
        return new Unsupported(static::CALLED . ' throws ' . $error::class . ": {$error->getMessage()}");
    }

    /** The integer of these 64 bits: PHP has no unsigned one. */
    private function number(string $decimal): int
    {
        return $decimal[0] === '-' ? (int) $decimal : $this->fold((int) substr($decimal, 0, -1), 10, (int) $decimal[-1]);
    }

    /** Of each block what keeps its memory, the pointer to it, and what is there. */
    private function lay_out(array $blocks): array
    {
        $rooms = array_map(fn ($block) => $this->room(hex2bin($block['bytes'])), $blocks);
        foreach ($blocks as $at => $block) {
            foreach ($block['pointers'] as [$offset, $to]) {
                $place = $this->word($rooms[$at][1], $offset);
                $place[0] = $this->address($rooms[$to][1]);
            }
        }
        return array_map(fn ($room, $block) => [...$room, $this->held($room[1], strlen($block['bytes']) >> 1)], $rooms, $blocks);
    }

    /** A carrier to what PHP code would pass, or to what gives that from the results so far. */
    private function argument(string|array $type, array|string $carrier, array $rooms): mixed
    {
        return match (true) {
            is_array($type) => array_map(fn ($of, $one) => $this->argument($of, $one, []), $this->within($type), $carrier),
            isset($carrier['block']) => $rooms[$carrier['block']][1],
            isset($carrier['result']) => fn ($results) => $this->passed($type, $results[$carrier['result']]),
            isset($carrier['word']) => $this->late($type, ...$carrier['word'], rooms: $rooms),
            isset(self::FLOATS[$type]) => unpack(self::FLOATS[$type], hex2bin($carrier))[1],
            $type === 'bool' => $carrier === '1',
            default => $this->passed($type, $this->number($carrier)),
        };
    }

    /** The types of a struct's members, or of an array's elements. */
    private function within(array $type): array
    {
        return $type['struct'] ?? array_fill(0, ...$type['array']);
    }

    private function late(string $type, int $block, int $offset, array $rooms): Closure
    {
        $place = $this->word($rooms[$block][1], $offset);
        return fn () => $this->passed($type, $place[0]);
    }

    /** The memory of a script, and its steps: function, arguments, those that are late, what is returned. */
    private function ready(array $script): array
    {
        $rooms = $this->lay_out($script['blocks']);
        $steps = [];
        foreach ($script['steps'] as $step) {
            [$object, $method, $parameters, $returns] = $this->functions[$step['function']];
            $argument = fn ($type, $carrier) => $this->argument($type, $carrier, $rooms);
            $given = array_map($argument, $parameters, $step['arguments']);
            $late = array_filter($given, fn ($one) => $one instanceof Closure);
            $steps[] = [$object, $method, $given, $late, $returns];
        }
        return [$rooms, $steps];
    }

    private function run(array $steps): array
    {
        $results = [];
        foreach ($steps as [$object, $method, $given, $late]) {
            foreach ($late as $at => $left) {
                $given[$at] = $left($results);
            }
            $results[] = $object->$method(...$given);
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
        return isset(self::FLOATS[$type]) ? unpack('J', hex2bin(str_pad($text, 16, '0', STR_PAD_LEFT)))[1] : $this->number($text);
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

    /** What the library gave, as a carrier. */
    private function text(string|array $type, mixed $value): string|array|null
    {
        return match (true) {
            is_array($type) => array_map($this->text(...), $this->within($type), $this->members($type, $value)),
            $type === 'void' => null,
            $type === 'pointer' => $value === null ? '0' : sprintf('%u', $this->address($value)),
            isset(self::FLOATS[$type]) => bin2hex(pack(self::FLOATS[$type], $value)),
            default => (string) (int) $value,
        };
    }
}

/** Answers requests until the last. */
function serve(Wire $adapter): void
{
    while (($line = fgets(STDIN)) !== false) {
        $request = json_decode($line, true);
        try {
            $reply = $request['do'] === 'stop' ? ['is' => 'done'] : $adapter->{$request['do']}($request);
        } catch (Unsupported $error) {
            $reply = ['is' => 'unsupported', 'message' => $error->getMessage()];
        } catch (Throwable $error) { // what goes wrong here is the adapter's, and said to be
            $reply = ['is' => 'adapter-error', 'message' => $error::class . ": {$error->getMessage()}"];
        }
        fwrite(STDOUT, json_encode(['id' => $request['id']] + $reply, JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
        if ($request['do'] === 'stop') {
            break;
        }
    }
}
