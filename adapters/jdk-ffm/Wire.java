import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The wire level of the protocol (docs/protocol.md), for any library of the JVM. It reads lines, lays out blocks and
 * turns carriers into what Java has for them; what a library is told, and how, is its adapter's alone. That is a class
 * below this one, which gives to the constructor what it says of itself, and has
 *
 *   open(path)                                opens a library, or raises Unlinked, or UnsatisfiedLinkError
 *   link(asked)                               a Call of a function, or raises as open does
 *   carrier(type, value), number(type, value) an integer or a bool as Java has it, and the number that came back as one
 *   pointer(address), address(pointer)        the library's own pointers
 *   allocate(length)                          memory, for as long as this pointer to it is there
 *   write(pointer, bytes), read(pointer, offset, length), word(pointer, offset)
 *
 * and where the library has more: callback, structs, and errno or lastError. Raised as Unsupported is what it does not do.
 */
abstract class Wire {
    /** A function of a library, called with the arguments as Java has them. */
    interface Call {
        Object with(Object[] arguments) throws Throwable;
    }

    /** What is asked for: types are names, and maps of what travels by value; `fixed` is null but of variadic functions. */
    record Prototype(String path, String symbol, List<Object> parameters, Object returns, Integer fixed, boolean errno) {}

    record Linked(Call call, List<Object> parameters, Object returns) {}

    /** A function of Java's, given what a C function was called with. */
    interface Answer {
        Object to(Object... arguments);
    }

    /** The C function that a library made of one, and what ends it. */
    record Callback(Object pointer, Runnable release) {}

    /** One that the library under it keeps, and what it was called with. */
    private record Kept(Callback made, List<Object> calls) {}

    /** The symbol or its library is not there. */
    static final class Unlinked extends Exception {
        Unlinked(String message) {
            super(message);
        }
    }

    /** Structs and unions by value, and arrays within them, of types as the protocol has them. */
    interface Structs {
        /** One whose members are zero. */
        Object made(Map<?, ?> type);

        /** A member, or of an array an element: a scalar as Java has it, or what is inside, to be filled or read. */
        Object get(Object of, Map<?, ?> type, int at);

        void set(Object of, Map<?, ?> type, int at, Object scalar);
    }

    /** What the library, and not the adapter, does not do. */
    static final class Unsupported extends RuntimeException {
        Unsupported(String message) {
            super(message);
        }
    }

    final List<Linked> functions = new ArrayList<>();
    private List<Object> kept = List.of(); // the memory of the last call
    private final ThreadLocal<Integer> left = ThreadLocal.withInitial(() -> 0); // in errno by a call that keeps it
    private final ThreadLocal<Integer> toFind = new ThreadLocal<>(); // there by the next
    private final Map<String, Kept> objects = new HashMap<>();
    private int numbers;
    private String library;
    private final Map<String, Object> about;

    /** `lacks`: the scalars that the library has no type for. */
    Wire(String name, String version, List<String> lacks, List<String> capabilities) {
        about = Map.of("is", "ready", "protocol", 1, "name", name, "version", version, "language", "Java",
                "level", "wire", "capabilities", capabilities, "lacks", lacks);
    }

    /** Whether a file opens, by an exception. */
    abstract void open(String path) throws Unlinked;

    /** Where `errno` is, its calls keep what they leave there, for the thread that makes them. */
    abstract Call link(Prototype asked) throws Exception;

    /** A C function of scalars, which lives until it is released. */
    Callback callback(List<String> parameters, String returns, Answer answer) {
        throw new Unsupported("the library makes no C functions");
    }

    Structs structs() {
        throw new IllegalArgumentException("the library has no structs by value");
    }

    /** What was kept of this thread's last call that keeps errno. */
    int errno() {
        return left.get();
    }

    /** Where a library keeps errno of every call: what the last call of this thread left, and what the next finds. */
    int lastError() {
        throw new IllegalArgumentException("the library does not keep errno");
    }

    void lastError(int next) {}

    /** Such a call: errno is asked for right behind it, and set right before. */
    final Call keeping(Call call) {
        return arguments -> {
            if (toFind.get() != null) {
                lastError(toFind.get());
                toFind.remove();
            }
            Object value = call.with(arguments);
            left.set(lastError());
            return value;
        };
    }

    /** What Java passes for an integer or a bool of a type, and which number it is that came back as one. */
    abstract Object carrier(String type, long value);

    long number(String type, Object value) {
        return value instanceof Boolean bool ? (bool ? 1 : 0) : ((Number) value).longValue();
    }

    /** Pointers as the library has them; its memory is freed by the collector, and a null may be null. */
    abstract Object pointer(long address);

    abstract long address(Object pointer);

    /** Memory aligned to 16. */
    abstract Object allocate(int length);

    abstract void write(Object pointer, byte[] bytes);

    abstract byte[] read(Object pointer, long offset, int length);

    abstract long word(Object pointer, long offset);

    /** Replies go to the standard output that `adapter` was given: what dies of a signal, the JVM writes to its own. */
    final void serve() throws IOException {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var replies = new PrintStream(new FileOutputStream("/dev/fd/3", true), false, StandardCharsets.UTF_8);
        Object asked = null;
        for (String line; !"stop".equals(asked) && (line = lines.readLine()) != null; ) {
            Map<String, Object> request = cast(Json.read(line));
            asked = request.get("do");
            Map<String, Object> reply = new LinkedHashMap<>();
            reply.put("id", request.get("id"));
            try {
                reply.putAll(answer(request));
            } catch (Unlinked missing) {
                reply.putAll(Map.of("is", "unlinked", "message", missing.getMessage()));
            } catch (UnsatisfiedLinkError missing) {
                reply.putAll(Map.of("is", "unlinked", "message", path(request) + ": " + missing.getMessage()));
            } catch (Unsupported lacking) {
                reply.putAll(Map.of("is", "unsupported", "message", lacking.getMessage()));
            } catch (Throwable error) { // what goes wrong here is the adapter's, and said to be
                reply.putAll(Map.of("is", "adapter-error", "message", error.toString()));
            }
            replies.print(Json.write(reply) + "\n");
            replies.flush();
        }
    }

    private Map<String, Object> answer(Map<String, Object> request) throws Throwable {
        switch ((String) request.get("do")) {
            case "hello":
                library = path(request);
                open(library);
                return about;
            case "link":
                return link(request);
            case "invoke":
                return invoke(request);
            case "peek":
                Object from = pointer(Long.parseUnsignedLong((String) request.get("address")));
                return Map.of("is", "memory", "bytes", hex(read(from, 0, whole(request.get("length")))));
            case "make-address":
                return make(request);
            case "heard":
                return Map.of("is", "heard", "calls", objects.get(request.get("kept")).calls);
            case "release":
                objects.remove(request.get("kept")).made.release.run();
                return Map.of("is", "done");
            case "loop":
                return new Loops(this).loop(request);
            case "clock":
                return new Loops(this).clock(request);
            case "errno":
                int before = errno();
                if (request.get("set") != null) {
                    toFind.set(whole(request.get("set")));
                }
                return Map.of("is", "errno", "value", Integer.toUnsignedLong(before));
            case "collect":
                collect();
                return Map.of("is", "done");
            case "stop":
                return Map.of("is", "done");
            default:
                throw new IllegalArgumentException("`" + request.get("do") + "` is not served at wire level");
        }
    }

    private String path(Map<String, Object> request) {
        return request.get("library") == null ? library : (String) request.get("library");
    }

    private Map<String, Object> link(Map<String, Object> request) throws Exception {
        List<Object> parameters = cast(request.get("parameters"));
        Object returns = request.get("returns");
        Integer fixed = request.get("fixed") == null ? null : whole(request.get("fixed"));
        boolean errno = Boolean.TRUE.equals(request.get("errno"));
        Call call = link(new Prototype(path(request), (String) request.get("symbol"), parameters, returns, fixed, errno));
        functions.add(new Linked(call, parameters, returns));
        return Map.of("is", "bound", "function", functions.size() - 1);
    }

    private Map<String, Object> invoke(Map<String, Object> request) {
        Linked function = functions.get(whole(request.get("function")));
        List<byte[]> contents = new ArrayList<>();
        kept = blocks(cast(request.get("blocks")), contents);
        List<Object> carriers = cast(request.get("arguments"));
        Object[] arguments = new Object[carriers.size()];
        List<Kept> made = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            if (carriers.get(i) instanceof Map<?, ?> map && map.get("callback") != null) {
                made.add(told(cast(map.get("callback")), function, arguments));
                arguments[i] = made.get(made.size() - 1).made.pointer;
            } else {
                arguments[i] = argument(function.parameters.get(i), carriers.get(i), kept);
            }
        }
        Object value = call(function, arguments);
        made.forEach(one -> one.made.release.run());
        Map<String, Object> reply = new LinkedHashMap<>(Map.of("is", "returned"));
        reply.put("value", function.returns instanceof Map<?, ?> group
                ? texts(group, value)
                : text((String) function.returns, value));
        List<String> after = new ArrayList<>();
        for (int i = 0; i < contents.size(); i++) {
            after.add(hex(read(kept.get(i), 0, contents.get(i).length)));
        }
        reply.put("blocks", after);
        reply.put("calls", made.stream().map(Kept::calls).toList());
        return reply;
    }

    private Map<String, Object> make(Map<String, Object> request) {
        String number = String.valueOf(numbers++);
        objects.put(number, told(request, null, null));
        String address = Long.toUnsignedString(address(objects.get(number).made.pointer));
        return Map.of("is", "made", "kept", number, "address", address);
    }

    /** A function that answers as it is told and notes what it is called with, on whichever thread. */
    private Kept told(Map<String, Object> asked, Linked function, Object[] given) {
        List<String> parameters = cast(asked.get("parameters"));
        String returns = (String) asked.get("returns");
        List<Object> answers = cast(asked.get("answers"));
        List<Object> calls = Collections.synchronizedList(new ArrayList<>());
        if (asked.get("plain") == Boolean.TRUE) {
            Object value = answers.get(0) == null ? null : argument(returns, answers.get(0), null);
            return new Kept(callback(parameters, returns, arguments -> value), calls);
        }
        Callback made = callback(parameters, returns, arguments -> {
            List<String> call = new ArrayList<>();
            for (int i = 0; i < arguments.length; i++) {
                call.add(text(parameters.get(i), arguments[i]));
            }
            Object answer;
            synchronized (calls) {
                answer = answers.get(Math.min(calls.size(), answers.size() - 1));
                calls.add(call);
            }
            if (!(answer instanceof Map<?, ?> map)) {
                return answer == null ? null : argument(returns, answer, null);
            }
            List<Object> carriers = cast(map.get("again"));
            Object[] again = new Object[carriers.size()];
            for (int i = 0; i < again.length; i++) {
                again[i] = carriers.get(i) instanceof Map<?, ?> one
                        ? given[whole(one.get("argument"))]
                        : argument(function.parameters.get(i), carriers.get(i), null);
            }
            return call(function, again);
        });
        return new Kept(made, calls);
    }

    /** What is raised by the call itself the library raises. */
    static Object call(Linked function, Object[] arguments) {
        try {
            return function.call.with(arguments);
        } catch (Throwable error) {
            throw new Unsupported("it raises " + error);
        }
    }

    /** The memory of blocks, filled, and what it was filled with. */
    final List<Object> blocks(List<Map<String, Object>> blocks, List<byte[]> contents) {
        List<Object> memories = new ArrayList<>();
        for (Map<String, Object> block : blocks) {
            contents.add(HexFormat.of().parseHex((String) block.get("bytes")));
            memories.add(allocate(contents.get(contents.size() - 1).length));
        }
        for (int i = 0; i < memories.size(); i++) {
            var content = ByteBuffer.wrap(contents.get(i)).order(ByteOrder.nativeOrder());
            for (List<Object> pair : Wire.<List<List<Object>>>cast(blocks.get(i).get("pointers"))) {
                content.putLong(whole(pair.get(0)), address(memories.get(whole(pair.get(1)))));
            }
            write(memories.get(i), contents.get(i));
        }
        return memories;
    }

    final Object argument(Object type, Object carrier, List<Object> memories) {
        if (type instanceof Map<?, ?> group) {
            Object made = structs().made(group);
            fill(made, group, cast(carrier));
            return made;
        }
        if (carrier instanceof Map<?, ?> block) {
            return memories.get(whole(block.get("block")));
        }
        String text = (String) carrier;
        switch ((String) type) {
            case "f32":
                return Float.intBitsToFloat(Integer.parseUnsignedInt(text, 16));
            case "f64":
                return Double.longBitsToDouble(Long.parseUnsignedLong(text, 16));
            default:
                long value = text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
                return type.equals("pointer") ? pointer(value) : carrier((String) type, value);
        }
    }

    /** The types of the members of a struct or a union, or of the elements of an array within one. */
    static List<?> within(Map<?, ?> group) {
        return group.get("array") instanceof List<?> array
                ? Collections.nCopies(whole(array.get(0)), array.get(1))
                : (List<?>) group.values().iterator().next();
    }

    /** Of the carriers of a union all but one are null. */
    private void fill(Object made, Map<?, ?> group, List<Object> carriers) {
        List<?> types = within(group);
        for (int i = 0; i < types.size(); i++) {
            Object carrier = carriers.get(i);
            if (carrier != null && types.get(i) instanceof Map<?, ?> inner) {
                fill(structs().get(made, group, i), inner, cast(carrier));
            } else if (carrier != null) {
                structs().set(made, group, i, argument(types.get(i), carrier, null));
            }
        }
    }

    private List<Object> texts(Map<?, ?> group, Object value) {
        List<Object> texts = new ArrayList<>();
        for (Object type : within(group)) {
            Object member = structs().get(value, group, texts.size());
            texts.add(type instanceof Map<?, ?> inner ? texts(inner, member) : text((String) type, member));
        }
        return texts;
    }

    final String text(String type, Object value) {
        switch (type) {
            case "void":
                return null;
            case "f32":
                return String.format("%08x", Float.floatToRawIntBits((Float) value));
            case "f64":
                return String.format("%016x", Double.doubleToRawLongBits((Double) value));
            case "pointer":
                return Long.toUnsignedString(address(value));
            case "u64": // a Java long is a word, and says nothing of a sign
                return Long.toUnsignedString(number(type, value));
            default:
                return Long.toString(number(type, value));
        }
    }

    /** Cleaners and finalizers run on threads of their own, once the collector has found what is theirs. */
    @SuppressWarnings("removal")
    private static void collect() throws InterruptedException {
        for (int round = 0; round < 3; round++) {
            System.gc();
            System.runFinalization();
            Thread.sleep(20);
        }
    }

    static int whole(Object number) {
        return ((Long) number).intValue();
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @SuppressWarnings("unchecked")
    static <T> T cast(Object value) {
        return (T) value;
    }
}
