import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Structs and unions by value, and arrays within them, as Java has them: layouts, and memory that is read by these. */
final class FfmStructs implements Wire.Structs {
    private final Map<Object, MemoryLayout> layouts = new ConcurrentHashMap<>();

    /** Made of the layouts of scalars. */
    FfmStructs(Map<String, MemoryLayout> scalars) {
        layouts.putAll(scalars);
    }

    FunctionDescriptor descriptor(List<?> parameters, Object returns) {
        MemoryLayout[] taken = parameters.stream().map(this::layout).toArray(MemoryLayout[]::new);
        return returns.equals("void") ? FunctionDescriptor.ofVoid(taken) : FunctionDescriptor.of(layout(returns), taken);
    }

    /** What returns a struct is given memory by an argument in front: the same each time, read before the next call. */
    MethodHandle returning(Object type, MethodHandle handle) {
        return type instanceof Map
                ? handle.bindTo(SegmentAllocator.prefixAllocator(Arena.ofAuto().allocate(layout(type))))
                : handle;
    }

    private MemoryLayout layout(Object type) {
        MemoryLayout known = layouts.get(type);
        if (known != null) {
            return known;
        }
        if (!(type instanceof Map<?, ?> group)) {
            throw new Wire.Unsupported("java.lang.foreign has no type for " + type);
        }
        MemoryLayout made = group(group);
        layouts.put(type, made);
        return made;
    }

    /** A struct, padded as C does, because Java leaves that to its programs; a union; or an array within one. */
    private MemoryLayout group(Map<?, ?> type) {
        if (type.get("array") instanceof List<?> array) {
            return MemoryLayout.sequenceLayout((long) array.get(0), layout(array.get(1)));
        }
        boolean union = type.containsKey("union");
        List<MemoryLayout> members = new ArrayList<>();
        long size = 0;
        long alignment = 1;
        int at = 0;
        for (Object one : Wire.within(type)) {
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
    public Object made(Map<?, ?> type) {
        // Of the heap: a call copies it, and native memory would be freed some time after it.
        long size = layout(type).byteSize();
        return MemorySegment.ofArray(new long[(int) (size + 7) / 8]).asSlice(0, size);
    }

    @Override
    public Object get(Object of, Map<?, ?> type, int at) {
        MemorySegment part = part(of, type, at);
        Object member = Wire.within(type).get(at);
        return member instanceof Map ? part : layout(member).varHandle().get(part, 0L);
    }

    @Override
    public void set(Object of, Map<?, ?> type, int at, Object scalar) {
        layout(Wire.within(type).get(at)).varHandle().set(part(of, type, at), 0L, scalar);
    }

    /** Where a member is. */
    private MemorySegment part(Object of, Map<?, ?> type, int at) {
        return ((MemorySegment) of).asSlice(layout(type).byteOffset(type.containsKey("array")
                ? MemoryLayout.PathElement.sequenceElement(at)
                : MemoryLayout.PathElement.groupElement("m" + at)));
    }
}
