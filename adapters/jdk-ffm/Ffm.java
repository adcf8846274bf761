import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The JDK's Foreign Function and Memory API (java.lang.foreign), at wire level. A handle is adapted once, when it is
 * linked, and invoked exactly; with the argument `arguments` it is left as it is and called by `invokeWithArguments`.
 */
final class Ffm extends Wire {
    /** The layouts of `Linker`'s own table, which models an unsigned integer as the signed one of its width. */
    private static final Map<String, MemoryLayout> LAYOUTS = Map.ofEntries(
            Map.entry("i8", ValueLayout.JAVA_BYTE), Map.entry("u8", ValueLayout.JAVA_BYTE),
            Map.entry("i16", ValueLayout.JAVA_SHORT), Map.entry("u16", ValueLayout.JAVA_SHORT),
            Map.entry("i32", ValueLayout.JAVA_INT), Map.entry("u32", ValueLayout.JAVA_INT),
            Map.entry("i64", ValueLayout.JAVA_LONG), Map.entry("u64", ValueLayout.JAVA_LONG),
            Map.entry("f32", ValueLayout.JAVA_FLOAT), Map.entry("f64", ValueLayout.JAVA_DOUBLE),
            Map.entry("bool", ValueLayout.JAVA_BOOLEAN), Map.entry("pointer", ValueLayout.ADDRESS));

    /** What calls leave in errno, of the thread that makes them: as Java has it, they are given memory for it. */
    private static final MemoryLayout LEFT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = LEFT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private final ThreadLocal<MemorySegment> left = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(LEFT));

    private static final MethodHandle ANSWER;

    static {
        try {
            ANSWER = MethodHandles.lookup().findVirtual(
                    Answer.class, "to", MethodType.methodType(Object.class, Object[].class));
        } catch (ReflectiveOperationException error) {
            throw new ExceptionInInitializerError(error);
        }
    }

    private final boolean arguments;
    private final Map<Object, MemoryLayout> layouts = new ConcurrentHashMap<>(LAYOUTS); // and of what travels by value
    private final Map<String, SymbolLookup> libraries = new ConcurrentHashMap<>();

    private Ffm(boolean arguments) {
        this.arguments = arguments;
    }

    public static void main(String[] words) throws Exception {
        new Ffm(List.of(words).equals(List.of("arguments"))).serve();
    }

    @Override
    String name() {
        return arguments ? "jdk-ffm-arguments" : "jdk-ffm";
    }

    @Override
    String version() {
        return System.getProperty("java.version");
    }

    @Override
    void open(String path) throws Unlinked {
        lookup(path);
    }

    private SymbolLookup lookup(String path) throws Unlinked {
        try {
            return libraries.computeIfAbsent(path, it -> SymbolLookup.libraryLookup(it, Arena.global()));
        } catch (IllegalArgumentException error) {
            throw new Unlinked(path + ": " + error.getMessage());
        }
    }

    @Override
    Call link(Prototype asked) throws Unlinked, Unsupported {
        MethodHandle handle = handle(asked);
        if (!asked.errno()) {
            return call(handle, asked.parameters().size());
        }
        Call call = call(handle, asked.parameters().size() + 1);
        return it -> {
            Object[] all = new Object[it.length + 1];
            all[0] = left.get();
            System.arraycopy(it, 0, all, 1, it.length);
            return call.with(all);
        };
    }

    @Override
    int errno() {
        return (int) ERRNO.get(left.get(), 0L);
    }

    @Override
    List<String> capabilities() {
        return List.of("libraries", "collect", "loops", "threads", "errno", "callbacks", "callback-types",
                "foreign-threads", "kept-callbacks", "by-value", "unions", "variadics");
    }

    private MethodHandle handle(Prototype asked) throws Unlinked, Unsupported {
        MemorySegment function = lookup(asked.path()).find(asked.symbol())
                .orElseThrow(() -> new Unlinked(asked.path() + " has no symbol `" + asked.symbol() + "`"));
        List<Linker.Option> options = new ArrayList<>();
        if (asked.errno()) {
            options.add(Linker.Option.captureCallState("errno"));
        }
        if (asked.fixed() != null) {
            options.add(Linker.Option.firstVariadicArg(asked.fixed()));
        }
        FunctionDescriptor descriptor = descriptor(asked.parameters(), asked.returns());
        MethodHandle handle;
        try {
            handle = Linker.nativeLinker().downcallHandle(function, descriptor, options.toArray(Linker.Option[]::new));
        } catch (IllegalArgumentException refused) {
            throw new Unsupported("java.lang.foreign: " + refused.getMessage());
        }
        // A struct that is returned is given memory, by an argument in front.
        return asked.returns() instanceof Map ? handle.bindTo(inOnePlace(layouts.get(asked.returns()))) : handle;
    }

    /** Memory for a struct that is returned, the same for each call: it is read before the next is made. */
    private static SegmentAllocator inOnePlace(MemoryLayout of) {
        return SegmentAllocator.prefixAllocator(Arena.ofAuto().allocate(of));
    }

    private FunctionDescriptor descriptor(List<?> parameters, Object returns) throws Unsupported {
        MemoryLayout[] layouts = new MemoryLayout[parameters.size()];
        for (int i = 0; i < layouts.length; i++) {
            layouts[i] = layout(parameters.get(i));
        }
        return returns.equals("void")
                ? FunctionDescriptor.ofVoid(layouts)
                : FunctionDescriptor.of(layout(returns), layouts);
    }

    @Override
    Callback callback(List<String> parameters, String returns, Answer answer) throws Unsupported {
        FunctionDescriptor descriptor = descriptor(parameters, returns);
        MethodHandle called = ANSWER.bindTo(answer)
                .asCollector(Object[].class, parameters.size()).asType(descriptor.toMethodType());
        Arena arena = Arena.ofShared();
        return new Callback(Linker.nativeLinker().upcallStub(called, descriptor, arena), arena::close);
    }

    private Call call(MethodHandle handle, int count) {
        if (arguments) {
            return handle::invokeWithArguments;
        }
        MethodHandle spread = handle.asType(MethodType.genericMethodType(count)).asSpreader(Object[].class, count);
        return it -> (Object) spread.invokeExact(it);
    }

    private MemoryLayout layout(Object type) throws Unsupported {
        MemoryLayout known = layouts.get(type);
        if (known != null) {
            return known;
        }
        if (!(type instanceof Map<?, ?> group)) {
            throw new Unsupported("java.lang.foreign has no type for " + type);
        }
        MemoryLayout made = group(group);
        layouts.put(type, made);
        return made;
    }

    /** A struct, padded as C does, because Java leaves that to its programs; a union; or an array within one. */
    private MemoryLayout group(Map<?, ?> type) throws Unsupported {
        if (type.get("array") instanceof List<?> array) {
            return MemoryLayout.sequenceLayout((long) array.get(0), layout(array.get(1)));
        }
        boolean union = type.containsKey("union");
        List<MemoryLayout> members = new ArrayList<>();
        long size = 0;
        long alignment = 1;
        int at = 0;
        for (Object one : (List<?>) type.values().iterator().next()) {
            MemoryLayout layout = layout(one);
            long begins = union ? 0 : pad(members, size, layout.byteAlignment());
            members.add(layout.withName("m" + at++));
            size = Math.max(size, begins + layout.byteSize());
            alignment = Math.max(alignment, layout.byteAlignment());
        }
        if (!union) {
            pad(members, size, alignment);
        } else if (size % alignment != 0) {
            members.add(MemoryLayout.paddingLayout(size + alignment - size % alignment));
        }
        MemoryLayout[] all = members.toArray(MemoryLayout[]::new);
        return union ? MemoryLayout.unionLayout(all) : MemoryLayout.structLayout(all);
    }

    /** Where what is aligned so begins. */
    private static long pad(List<MemoryLayout> members, long size, long alignment) {
        long padding = -size & (alignment - 1);
        if (padding > 0) {
            members.add(MemoryLayout.paddingLayout(padding));
        }
        return size + padding;
    }

    @Override
    Object composed(Map<?, ?> type, List<Object> members) {
        // Of the heap: a call copies it, and native memory would be freed some time after it.
        long size = layouts.get(type).byteSize();
        MemorySegment made = MemorySegment.ofArray(new long[(int) (size + 7) / 8]).asSlice(0, size);
        write(made, type, members);
        return made;
    }

    private void write(MemorySegment into, Map<?, ?> type, List<Object> members) {
        List<?> types = within(type);
        for (int i = 0; i < types.size(); i++) {
            if (types.get(i) instanceof Map<?, ?> inner && members.get(i) != null) {
                write(part(into, type, i), inner, cast(members.get(i)));
            } else if (members.get(i) != null) {
                layouts.get(types.get(i)).varHandle().set(part(into, type, i), 0L, members.get(i));
            }
        }
    }

    @Override
    List<Object> members(Map<?, ?> type, Object value) {
        List<Object> members = new ArrayList<>();
        List<?> types = within(type);
        for (int i = 0; i < types.size(); i++) {
            MemorySegment part = part((MemorySegment) value, type, i);
            members.add(types.get(i) instanceof Map<?, ?> inner
                    ? members(inner, part)
                    : (Object) layouts.get(types.get(i)).varHandle().get(part, 0L));
        }
        return members;
    }

    /** Where a member is. */
    private MemorySegment part(MemorySegment of, Map<?, ?> type, int at) {
        return of.asSlice(layouts.get(type).byteOffset(type.containsKey("array")
                ? MemoryLayout.PathElement.sequenceElement(at)
                : MemoryLayout.PathElement.groupElement("m" + at)));
    }

    @Override
    Object carrier(String type, long value) {
        switch (type) {
            case "i8", "u8":
                return (byte) value;
            case "i16", "u16":
                return (short) value;
            case "i32", "u32":
                return (int) value;
            case "bool":
                return value != 0;
            default:
                return value;
        }
    }

    @Override
    long number(String type, Object value) {
        if (value instanceof Boolean bool) {
            return bool ? 1 : 0;
        }
        long signed = ((Number) value).longValue();
        return switch (type) {
            case "u8" -> Byte.toUnsignedLong((byte) signed);
            case "u16" -> Short.toUnsignedLong((short) signed);
            case "u32" -> Integer.toUnsignedLong((int) signed);
            default -> signed;
        };
    }

    @Override
    Object pointer(long address) {
        return MemorySegment.ofAddress(address);
    }

    @Override
    long address(Object pointer) {
        return ((MemorySegment) pointer).address();
    }

    @Override
    Object allocate(int length) {
        return Arena.ofAuto().allocate(length, 16);
    }

    @Override
    void write(Object pointer, byte[] bytes) {
        ((MemorySegment) pointer).copyFrom(MemorySegment.ofArray(bytes));
    }

    @Override
    byte[] read(Object pointer, long offset, int length) {
        return memory(pointer, offset + length).asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    long word(Object pointer, long offset) {
        return memory(pointer, offset + Long.BYTES).get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
    }

    /** An address that came from native code is a segment of no bytes. */
    private static MemorySegment memory(Object pointer, long length) {
        MemorySegment segment = (MemorySegment) pointer;
        return segment.byteSize() == 0 ? segment.reinterpret(length) : segment;
    }
}
