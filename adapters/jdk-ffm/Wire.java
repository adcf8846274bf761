import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The wire level of the protocol (docs/protocol.md), for any library of the JVM. It reads lines, lays out blocks and
 * turns carriers into what Java has for them; what a library is told, and how, is its adapter's alone.
 */
abstract class Wire {
    /** A function of a library, called with the arguments as Java has them. */
    interface Call {
        Object with(Object[] arguments) throws Throwable;
    }

    record Linked(Call call, List<String> parameters, String returns) {}

    /** The symbol or its library is not there. */
    static final class Unlinked extends Exception {
        Unlinked(String message) {
            super(message);
        }
    }

    /** What the library, and not the adapter, does not do. */
    static final class Unsupported extends Exception {
        Unsupported(String message) {
            super(message);
        }
    }

    final List<Linked> functions = new ArrayList<>();
    private List<Object> kept = List.of(); // the memory of the last call
    private String library;

    abstract String name();

    abstract String version();

    List<String> capabilities() {
        return List.of("libraries", "collect", "loops", "threads");
    }

    /** What the library has no type for. */
    List<String> lacks() {
        return List.of("f16");
    }

    /** Whether a file opens, by an exception. */
    abstract void open(String path) throws Unlinked;

    abstract Call link(String path, String symbol, List<String> parameters, String returns)
            throws Unlinked, Unsupported;

    /** As `link`, of a function whose calls keep what they leave in errno, for the thread that makes them. */
    Call keeping(String path, String symbol, List<String> parameters, String returns) throws Unlinked, Unsupported {
        throw new Unsupported("the library does not keep errno");
    }

    /** What was kept of this thread's last call; and what its next such call is to find. */
    int errno() {
        return 0;
    }

    void errno(int next) {}

    /** What Java passes for an integer or a bool of a type, and which number it is that came back as one. */
    abstract Object carrier(String type, long value);

    abstract long number(String type, Object value);

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
                library = (String) request.get("library");
                open(library);
                return Map.of("is", "ready", "protocol", 1, "name", name(), "version", version(), "language", "Java",
                        "level", "wire", "capabilities", capabilities(), "lacks", lacks());
            case "link":
                return link(request);
            case "invoke":
                return invoke(request);
            case "peek":
                Object from = pointer(Long.parseUnsignedLong((String) request.get("address")));
                return Map.of("is", "memory", "bytes", hex(read(from, 0, whole(request.get("length")))));
            case "loop":
                return new Loops(this).loop(request);
            case "clock":
                return new Loops(this).clock(request);
            case "errno":
                int before = errno();
                if (request.get("set") != null) {
                    errno(whole(request.get("set")));
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

    private Map<String, Object> link(Map<String, Object> request) throws Exception {
        String path = request.get("library") == null ? library : (String) request.get("library");
        List<String> parameters = cast(request.get("parameters"));
        String returns = (String) request.get("returns");
        String symbol = (String) request.get("symbol");
        Call call = Boolean.TRUE.equals(request.get("errno"))
                ? keeping(path, symbol, parameters, returns)
                : link(path, symbol, parameters, returns);
        functions.add(new Linked(call, parameters, returns));
        return Map.of("is", "bound", "function", functions.size() - 1);
    }

    private Map<String, Object> invoke(Map<String, Object> request) throws Exception {
        Linked function = functions.get(whole(request.get("function")));
        List<byte[]> contents = new ArrayList<>();
        kept = blocks(cast(request.get("blocks")), contents);
        List<Object> carriers = cast(request.get("arguments"));
        Object[] arguments = new Object[carriers.size()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = argument(function.parameters.get(i), carriers.get(i), kept);
        }
        Object value = call(function, arguments);
        Map<String, Object> reply = new LinkedHashMap<>(Map.of("is", "returned"));
        reply.put("value", text(function.returns, value));
        List<String> after = new ArrayList<>();
        for (int i = 0; i < contents.size(); i++) {
            after.add(hex(read(kept.get(i), 0, contents.get(i).length)));
        }
        reply.put("blocks", after);
        return reply;
    }

    /** What is raised by the call itself the library raises. */
    static Object call(Linked function, Object[] arguments) throws Unsupported {
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

    final Object argument(String type, Object carrier, List<Object> memories) {
        if (carrier instanceof Map<?, ?> block) {
            return memories.get(whole(block.get("block")));
        }
        String text = (String) carrier;
        switch (type) {
            case "f32":
                return Float.intBitsToFloat(Integer.parseUnsignedInt(text, 16));
            case "f64":
                return Double.longBitsToDouble(Long.parseUnsignedLong(text, 16));
            default:
                long value = text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
                return type.equals("pointer") ? pointer(value) : carrier(type, value);
        }
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
