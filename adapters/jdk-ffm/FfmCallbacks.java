import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/** What Java has beyond plain calls: functions of its own, variable arguments, and what calls leave in errno. */
final class FfmCallbacks {
    /** What calls leave in errno, of the thread that makes them: as Java has it, they are given memory for it. */
    private static final MemoryLayout LEFT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = LEFT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private final ThreadLocal<MemorySegment> left = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(LEFT));

    private static final MethodHandle ANSWER;

    static {
        try {
            ANSWER = MethodHandles.lookup().findVirtual(
                    Wire.Answer.class, "to", MethodType.methodType(Object.class, Object[].class));
        } catch (ReflectiveOperationException error) {
            throw new ExceptionInInitializerError(error);
        }
    }

    static Wire.Callback callback(FunctionDescriptor descriptor, Wire.Answer answer) {
        MethodHandle called = ANSWER.bindTo(answer)
                .asCollector(Object[].class, descriptor.argumentLayouts().size()).asType(descriptor.toMethodType());
        Arena arena = Arena.ofShared();
        return new Wire.Callback(Linker.nativeLinker().upcallStub(called, descriptor, arena), arena::close);
    }

    static Linker.Option[] options(Wire.Prototype asked) {
        List<Linker.Option> options = new ArrayList<>();
        if (asked.errno()) {
            options.add(Linker.Option.captureCallState("errno"));
        }
        if (asked.fixed() != null) {
            options.add(Linker.Option.firstVariadicArg(asked.fixed()));
        }
        return options.toArray(Linker.Option[]::new);
    }

    /** A call that is given that memory in front. */
    Wire.Call keeping(Wire.Call call) {
        return it -> {
            Object[] all = new Object[it.length + 1];
            all[0] = left.get();
            System.arraycopy(it, 0, all, 1, it.length);
            return call.with(all);
        };
    }

    int errno() {
        return (int) ERRNO.get(left.get(), 0L);
    }
}
