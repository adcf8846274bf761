import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Loops at wire level (docs/protocol.md): scripts are made ready, run over and over, and told in tallies. */
final class Loops {
    /** More outcomes of a script than these count as the last. */
    private static final int OUTCOMES = 16;

    private final Wire wire;

    Loops(Wire wire) {
        this.wire = wire;
    }

    /** What gives, from the results so far, what earlier steps left. */
    private interface Left {
        Object from(Object[] results);
    }

    /** An argument that is known only when its step is made. */
    private record Late(int at, Left left) {}

    private record Step(Wire.Linked function, Object[] arguments, Late[] late) {}

    /** A script with memory of its own. */
    private final class Ready {
        final Map<String, Object> script;
        final List<byte[]> contents = new ArrayList<>();
        final List<Object> memories;
        final Step[] steps;

        Ready(Map<String, Object> script) {
            this.script = script;
            memories = wire.blocks(Wire.cast(script.get("blocks")), contents);
            List<Map<String, Object>> asked = Wire.cast(script.get("steps"));
            steps = new Step[asked.size()];
            for (int i = 0; i < steps.length; i++) {
                steps[i] = step(asked.get(i));
            }
        }

        private Step step(Map<String, Object> asked) {
            Wire.Linked function = wire.functions.get(Wire.whole(asked.get("function")));
            List<Object> carriers = Wire.cast(asked.get("arguments"));
            Object[] arguments = new Object[carriers.size()];
            List<Late> late = new ArrayList<>();
            for (int i = 0; i < arguments.length; i++) {
                Object type = function.parameters().get(i);
                if (carriers.get(i) instanceof Map<?, ?> map && !map.containsKey("block")) {
                    late.add(new Late(i, left((String) type, map)));
                } else {
                    arguments[i] = wire.argument(type, carriers.get(i), memories);
                }
            }
            return new Step(function, arguments, late.toArray(new Late[0]));
        }

        private Left left(String type, Map<?, ?> carrier) {
            if (carrier.get("result") instanceof Long result) {
                int at = result.intValue();
                String returned = (String) steps[at].function.returns();
                return returned.equals(type)
                        ? results -> results[at]
                        : results -> value(type, word(returned, results[at]));
            }
            List<Object> place = Wire.cast(carrier.get("word"));
            Object memory = memories.get(Wire.whole(place.get(0)));
            int offset = Wire.whole(place.get(1));
            return results -> value(type, wire.word(memory, offset));
        }

        private Object value(String type, long word) {
            return type.equals("pointer") ? wire.pointer(word) : wire.carrier(type, word);
        }

        void run(Object[] results) {
            for (int i = 0; i < steps.length; i++) {
                Step step = steps[i];
                for (Late late : step.late) {
                    step.arguments[late.at] = late.left.from(results);
                }
                results[i] = Wire.call(step.function, step.arguments);
            }
        }

        /** Runs it in its memory, filled anew: what the steps returned, and the pieces that are looked at. */
        Map<String, Object> outcome() {
            for (int i = 0; i < contents.size(); i++) {
                wire.write(memories.get(i), contents.get(i));
            }
            Object[] results = new Object[steps.length];
            run(results);
            List<String> values = new ArrayList<>();
            for (int i = 0; i < steps.length; i++) {
                String type = (String) steps[i].function.returns();
                boolean pointer = type.equals("pointer");
                values.add(pointer ? wire.address(results[i]) == 0 ? "0" : "1" : wire.text(type, results[i]));
            }
            List<String> shown = new ArrayList<>();
            for (List<Object> piece : Wire.<List<List<Object>>>cast(script.get("show"))) {
                Object memory = memories.get(Wire.whole(piece.get(0)));
                shown.add(Wire.hex(wire.read(memory, Wire.whole(piece.get(1)), Wire.whole(piece.get(2)))));
            }
            Map<String, Object> outcome = new LinkedHashMap<>();
            outcome.put("values", values);
            outcome.put("shown", shown);
            return outcome;
        }

        /** What a result or a word of memory adds to the checksum. */
        long bits(Map<String, Object> one, Object[] results) {
            if (one.get("result") instanceof Long result) {
                String type = (String) steps[result.intValue()].function.returns();
                long word = word(type, results[result.intValue()]);
                return type.equals("pointer") && word != 0 ? 1 : word;
            }
            return (Long) left("i64", one).from(results);
        }
    }

    /** The bits of a result. */
    private long word(String type, Object result) {
        return switch (type) {
            case "pointer" -> wire.address(result);
            case "f32" -> Integer.toUnsignedLong(Float.floatToRawIntBits((Float) result));
            case "f64" -> Double.doubleToRawLongBits((Double) result);
            default -> wire.number(type, result);
        };
    }

    Map<String, Object> loop(Map<String, Object> request) throws Exception {
        List<Map<String, Object>> scripts = Wire.cast(request.get("scripts"));
        int rounds = Wire.whole(request.get("rounds"));
        int threads = Wire.whole(request.get("threads"));
        List<Map<Map<String, Object>, Long>> totals = tallies(scripts.size());
        if (threads == 1) {
            add(totals, one(scripts, 0, rounds, new CyclicBarrier(1)));
        } else {
            ExecutorService pool = Executors.newCachedThreadPool();
            try {
                boolean collects = Boolean.TRUE.equals(request.get("collect"));
                CyclicBarrier begin = new CyclicBarrier(threads + (collects ? 1 : 0));
                if (collects) {
                    pool.submit(() -> collecting(begin));
                }
                List<Future<List<Map<Map<String, Object>, Long>>>> running = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    int thread = i;
                    running.add(pool.submit(() -> one(scripts, thread, rounds, begin)));
                }
                for (var tallies : running) {
                    add(totals, tallies.get());
                }
            } catch (ExecutionException error) {
                throw error.getCause() instanceof Exception cause ? cause : error;
            } finally {
                pool.shutdownNow();
            }
        }
        List<List<Object>> told = new ArrayList<>();
        for (var total : totals) {
            List<Object> outcomes = new ArrayList<>();
            total.forEach((outcome, times) -> {
                Map<String, Object> one = new LinkedHashMap<>(outcome);
                one.put("times", times);
                outcomes.add(one);
            });
            told.add(outcomes);
        }
        return Map.of("is", "looped", "scripts", told);
    }

    /** The rounds of one thread. */
    private List<Map<Map<String, Object>, Long>> one(
            List<Map<String, Object>> scripts, int thread, int rounds, CyclicBarrier begin) throws Exception {
        List<Ready> ready = new ArrayList<>();
        for (Map<String, Object> script : scripts) {
            ready.add(new Ready(script));
        }
        var tallies = tallies(scripts.size());
        begin.await();
        for (int round = 0; round < rounds; round++) {
            int at = (round + thread) % scripts.size();
            count(tallies.get(at), ready.get(at).outcome(), 1);
        }
        return tallies;
    }

    /** Collects once before the first call, and then until the last has ended. Callers get on between collections only. */
    private static Object collecting(CyclicBarrier begin) throws Exception {
        System.gc();
        begin.await();
        while (true) {
            Thread.sleep(1); // until it is interrupted
            System.gc();
        }
    }

    private static List<Map<Map<String, Object>, Long>> tallies(int scripts) {
        List<Map<Map<String, Object>, Long>> tallies = new ArrayList<>();
        for (int i = 0; i < scripts; i++) {
            tallies.add(new LinkedHashMap<>());
        }
        return tallies;
    }

    private static void add(List<Map<Map<String, Object>, Long>> totals, List<Map<Map<String, Object>, Long>> more) {
        for (int i = 0; i < totals.size(); i++) {
            var total = totals.get(i);
            more.get(i).forEach((outcome, times) -> count(total, outcome, times));
        }
    }

    private static void count(Map<Map<String, Object>, Long> tally, Map<String, Object> outcome, long times) {
        Map<String, Object> counted = outcome;
        if (tally.size() >= OUTCOMES && !tally.containsKey(outcome)) {
            counted = new ArrayList<>(tally.keySet()).get(OUTCOMES - 1);
        }
        tally.merge(counted, times, Long::sum);
    }

    Map<String, Object> clock(Map<String, Object> request) throws Exception {
        List<Map<String, Object>> asked = Wire.cast(request.get("rows"));
        int count = Wire.whole(request.get("count"));
        Ready[] rows = new Ready[asked.size()];
        Object[][] last = new Object[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = new Ready(asked.get(i));
            last[i] = new Object[rows[i].steps.length];
        }
        long start = System.nanoTime();
        for (int done = 0, at = 0; done < count; done++) {
            rows[at].run(last[at]);
            at = at + 1 == rows.length ? 0 : at + 1;
        }
        long elapsed = System.nanoTime() - start;
        long checksum = 0;
        for (int i = 0; i < Math.min(rows.length, count); i++) {
            long bits = 0;
            for (Map<String, Object> one : Wire.<List<Map<String, Object>>>cast(asked.get(i).get("bits"))) {
                bits += rows[i].bits(one, last[i]);
            }
            checksum = checksum * 31 + bits;
        }
        return Map.of("is", "benched", "elapsed_ns", elapsed, "checksum", Long.toUnsignedString(checksum));
    }
}
