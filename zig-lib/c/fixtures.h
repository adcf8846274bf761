/* The fixtures of the twin: no header, but a list that twin.c includes once for their numbers, once for
 * their functions and once for their lines in the manifest, each time with another meaning of `F0` to `F14`, and of `V1`
 * to `V14`, of which all arguments but the first are variable.
 *
 * `Fn(name, return, argument types…, body)`: the arguments are a, b, c, …; a slice's length is a_len. The
 * bodies mean what those of the Zig package mean. */

#define ECHO(name, T) F1(echo_##name, T, T, a)
#define PASS(name, S) F1(pass_##name, ITSELF(S), ITSELF(S), a)
#define BEHIND(name, S) \
    F10(name##_after_7_doubles, ITSELF(S), F64, F64, F64, F64, F64, F64, F64, ITSELF(S), F64, I64, h)
#define APPLY(name, T) F2(apply_##name, T, FUNCTION_OF(T), T, called_##name(ID_apply_##name, 0, a, b))
#define SCALAR_BOUNDS(name, T, c) F0(min_##name, T, LEAST(c)) F0(max_##name, T, MOST(c))
#define ENUM(name, T, N) \
    ECHO(name, T) F1(name##_from, T, N, a) F1(name##_number, N, T, a)
#define SLICES(name, T, S) \
    F1(sum_##name##s, S, CONST_SLICE(T), sum_##name(a, a_len)) \
    F1(reverse_##name##s, VOID, SLICE_OF(T), reverse(a, a_len, sizeof *a)) \
    F1(owned_##name##s, OWNED_OF(T), USIZE, owned_##name(a)) \
    F0(borrowed_##name##s, LENT_OF(T), LEND(extremes_##name))
#define TEN(name, T, R, body) F10(spill_##name##x10, R, T, T, T, T, T, T, T, T, T, T, body)
#define LAST(name, T) \
    TENTH(name, T) F1(last_of_##name##s, T, CONST_SLICE(T), a_len == 0 ? 0 : a[a_len - 1])
#define TENTH(name, T) F10(tenth_##name, T, T, T, T, T, T, T, T, T, T, T, j)
#define WEIGHTED_LONGS \
    (int64_t)(U(a) + U(b) * 2 + U(c) * 3 + U(d) * 4 + U(e) * 5 + U(f) * 6 + U(g) * 7 + U(h) * 8 \
              + U(i) * 9 + U(j) * 10)
#define WEIGHTED_DOUBLES \
    ((double)a + (double)b * 2 + (double)c * 3 + (double)d * 4 + (double)e * 5 + (double)f * 6 \
     + (double)g * 7 + (double)h * 8 + (double)i * 9 + (double)j * 10)

/* Scalars. */
ECHO(i8, I8)
ECHO(i16, I16)
ECHO(i32, I32)
ECHO(i64, I64)
ECHO(isize, ISIZE)
ECHO(u8, U8)
ECHO(u16, U16)
ECHO(u32, U32)
ECHO(u64, U64)
ECHO(usize, USIZE)
ECHO(f32, F32)
ECHO(f64, F64)
ECHO(bool, BOOL)
SCALAR_BOUNDS(i8, I8, int8_t)
SCALAR_BOUNDS(i16, I16, int16_t)
SCALAR_BOUNDS(i32, I32, int32_t)
SCALAR_BOUNDS(i64, I64, int64_t)
SCALAR_BOUNDS(isize, ISIZE, intptr_t)
F0(max_u8, U8, MOST(uint8_t))
F0(max_u16, U16, MOST(uint16_t))
F0(max_u32, U32, MOST(uint32_t))
F0(max_u64, U64, MOST(uint64_t))
F0(max_usize, USIZE, MOST(uintptr_t))
F0(u8_max, U8, MOST(uint8_t))
F0(u64_max, U64, MOST(uint64_t))
F0(nothing, VOID, (void)0)
F1(void_i64, VOID, I64, (void)a)
F0(answer, I64, 42)
F2(add_i64, I64, I64, I64, (int64_t)(U(a) + U(b)))
F3(add_f64x3, F64, F64, F64, F64, a + b + c)
F4(mix, F64, I64, F64, I32, F64, (double)a + b * 2 + (double)c * 3 + d * 4)
F2(first_i8, I64, I8, U8, (int64_t)a * 1000 + b)
F1(is_negative_i64, BOOL, I64, a < 0)
F1(not, BOOL, BOOL, !a)
F0(neg_zero, F64, -0.0)
F0(nan_payload, F64, of_bits(0x7ff800000000beef))

/* Functions of the host's. */
APPLY(i8, I8)
APPLY(i16, I16)
APPLY(i32, I32)
APPLY(i64, I64)
APPLY(u8, U8)
APPLY(u16, U16)
APPLY(u32, U32)
APPLY(u64, U64)
APPLY(f32, F32)
APPLY(f64, F64)
APPLY(bool, BOOL)

/* Structs by value. */
PASSED(PASS)
PLACED(BEHIND)
F3(single9_before, ITSELF(Single2), ITSELF(Single9), ITSELF(Single2), F64, b)
F2(make_worddouble, ITSELF(WordDouble), I64, F64, (WordDouble){a, b})
F2(sum_doubleword, I64, ITSELF(DoubleWord), I64, (int64_t)(U(a.b) + U(b)))

/* Unions, packed structs, complex numbers and what has 128 bits. */
#define ODD(name, T) F10(name##_after_7_words, T, I64, I64, I64, I64, I64, I64, I64, T, I64, F64, h)
#define ODD_STRUCT(name, S) ODD(name, ITSELF(S))
UNIONS(PASS)
PACKED(PASS)
COMPLEX(PASS)
STRUCTS128(PASS)
F1(pass_i128, WIDE_I128, WIDE_I128, a)
F1(pass_u128, WIDE_U128, WIDE_U128, a)
ODD(i128, WIDE_I128)
#if HAS_EXTENDED
EXTENDED_STRUCTS(PASS)
F1(pass_f80, WIDE_F80, WIDE_F80, a)
ODD(f80, WIDE_F80)
BEHIND(extended1, Extended1)
ODD_STRUCT(extended1, Extended1)
#endif
PLACED_TWICE(BEHIND)
PLACED_TWICE(ODD_STRUCT)
F5(mixed_unions, ITSELF(Number), ITSELF(Reals), I64, ITSELF(FloatWord), F64, ITSELF(Number), e)
F5(mixed_packed, ITSELF(PackedTail), ITSELF(PackedPair), I64, ITSELF(PackedEven), F64, ITSELF(PackedTail), e)

/* Variadic in C. */
V1(variadic_none, I64, I64, a)
V1(variadic_none_f64, F64, F64, a)
V2(variadic_i32, I32, I64, I32, b)
V2(variadic_u32, U32, I64, U32, b)
V2(variadic_i64, I64, I64, I64, b)
V2(variadic_u64, U64, I64, U64, b)
V2(variadic_isize, ISIZE, I64, ISIZE, b)
V2(variadic_usize, USIZE, I64, USIZE, b)
V2(variadic_f64, F64, I64, F64, b)
V2(variadic_void, VOID, I64, F64, (void)0)
V2(variadic_i8, I8, I64, I32, (int8_t)b)
V2(variadic_f32, F32, I64, F64, (float)b)
V10(variadic_words, I64, I64, I64, I64, I64, I64, I64, I64, I64, I64, I64, WEIGHTED_LONGS)
V10(variadic_doubles, F64, I64, F64, F64, F64, F64, F64, F64, F64, F64, F64, WEIGHTED_DOUBLES)
V10(variadic_ints, I64, I64, I32, U32, I32, U32, I32, U32, I32, I64, U32, WEIGHTED_LONGS)
V14(variadic_mixed, F64, I64, F64, I32, F64, U64, F64, F64, I64, F64, F64, U32, F64, F64, F64,
    WEIGHTED_DOUBLES + (double)k * 11 + l * 12 + m * 13 + n * 14)

/* A redundant argument. */
F2(check_pair_i64, I64, I64, I64, (agreed(b == ~a), a))
F2(check_pair_u64, U64, U64, U64, (agreed(b == ~a), a))
F2(check_pair_f64, F64, F64, U64, (agreed(b == bits_of(a) || (a != a && of_bits(b) != of_bits(b))), a))
F2(check_pair_color, COLOR, COLOR, U8, (agreed(a == b), a))
F2(check_box, I64, BOX, I64, (agreed(a->value == b), a->value))

/* Enums. */
ENUM(color, COLOR, U8)
ENUM(level, LEVEL, I8)
ENUM(port, PORT, U16)
ENUM(offset, OFFSET, I16)
ENUM(status, STATUS, I32)
ENUM(code, CODE, U32)
ENUM(tick, TICK, I64)
ENUM(mask, MASK, U64)
F2(pick, COLOR, COLOR, LEVEL, b != 127 ? a : a < 2 ? a + 1 : 0)
F0(borrowed_colors, LENT_OF(COLOR), LEND(colors))
F1(owned_color_path, OWNED_OF(COLOR), USIZE, color_path(a))

/* Handles. */
F1(box, BOX, I64, box_new(a))
F1(box_get, I64, BOX, a->value)
F2(box_set, VOID, BOX, I64, (void)(a->value = b))
F1(free_box, VOID, BOX_TAKEN, given_back(a))
F1(take_box, I64, BOX_TAKEN, box_taken(a))
F2(add_take_box, I64, I64, BOX_TAKEN, (int64_t)(U(a) + U(box_taken(b))))
F1(static_box, BOX, I64, box_static(a))
F1(end_static_box, I64, BOX_TAKEN, a->value)
F1(box_as_counter, COUNTER, BOX, (Counter *)a)
F0(null_box, BOX, NULL)
F1(same_box, BOX, BOX, a)
F2(box_sum, I64, BOX, BOX, (int64_t)(U(a->value) + U(b->value)))
F1(box_color, COLOR, BOX, (uint8_t)((a->value % 3 + 3) % 3))
F1(counter, COUNTER, I64, counter_new(a))
F1(counter_next, I64, COUNTER, counter_up(a))
F1(counter_get, I64, COUNTER, a->count)
F1(free_counter, VOID, COUNTER_TAKEN, given_back(a))
F2(box_and_counter, I64, BOX, COUNTER, (int64_t)(U(a->value) * 1000 + U(b->count)))

/* Slices in, slices out. */
SLICES(i8, I8, I64)
SLICES(i16, I16, I64)
SLICES(i32, I32, I64)
SLICES(i64, I64, I64)
SLICES(isize, ISIZE, I64)
SLICES(u8, U8, U64)
SLICES(u16, U16, U64)
SLICES(u32, U32, U64)
SLICES(u64, U64, U64)
SLICES(usize, USIZE, U64)
SLICES(bool, BOOL, U64)
SLICES(f32, F32, F64)
SLICES(f64, F64, F64)
F2(fill_i64s, VOID, SLICE_OF(I64), I64, fill(a, a_len, b))
F2(scale_f64s, VOID, SLICE_OF(F64), F64, scale(a, a_len, b))
F1(len_u8s, USIZE, CONST_SLICE(U8), ((void)a, a_len))
F2(add_into_i64s, I64, SLICE_OF(I64), CONST_SLICE(I64), add_into(a, a_len, b, b_len))
F2(weigh_i64s, I64, CONST_SLICE(I64), CONST_SLICE(I64), weigh(a, a_len, b, b_len))
F2(stamp_i64s, I64, SLICE_OF(I64), CONST_SLICE(I64), stamp(a, a_len, weighed(b, b_len)))
F2(stamp_after_i64s, I64, CONST_SLICE(I64), SLICE_OF(I64), stamp(b, b_len, weighed(a, a_len)))
F3(slice_between, I64, I32, CONST_SLICE(I64), I32,
   (int64_t)(U(a) * 1000000 + U(sum_i64(b, b_len)) * 1000 + U(c)))
F1(owned_copy_i64s, OWNED_OF(I64), CONST_SLICE(I64), copied(a, a_len, sizeof *a))
F1(owned_copy_u8s, OWNED_OF(U8), CONST_SLICE(U8), copied(a, a_len, sizeof *a))
F0(corrupt_length_i64s, OWNED_OF(I64), corrupt())
F0(owned_empty_i64s, OWNED_OF(I64), ((Buffer){SIZE_MAX - 7, 0}))
F0(borrowed_empty_i64s, LENT_OF(I64), ((Buffer){SIZE_MAX - 7, 0}))

/* Function objects of the host's, kept when the call has returned. */
F1(keep_i64, VOID, KEPT_OF(I64), keep(ID_keep_i64, a))
F2(keep_and_call_i64, I64, KEPT_OF(I64), I64, (keep(ID_keep_and_call_i64, a), kept(b)))
F1(kept_i64, I64, I64, kept(a))
F1(kept_twice_i64, I64, I64, kept(kept(a)))
F2(kept_times_i64, I64, U32, I64, kept_times(a, b))
F1(kept_elsewhere_i64, I64, I64, kept_elsewhere(a))
F1(keep_f64, VOID, KEPT_PREDICATE, (void)(kept_f64_code = a))
F2(kept_f64, BOOL, F64, I8, kept_f64_of(a, b))
F1(keep_u32, VOID, KEPT_COUNTER, (void)(kept_u32_code = a))
F1(kept_u32, U32, U32, kept_u32_times(a))
F2(keep_at, BOOL, U32, KEPT_OF(I64), kept_in(a, b))
F2(kept_at, I64, U32, I64, kept_of(a, b))
F2(kept_sum, I64, U32, I64, kept_by_all(a, b))
F0(unkeep, VOID, unkept())

/* What C libraries' signatures look like. */
F1(cstring_len, USIZE, CSTRING, strlen(a))
F1(cstring_hash, U64, CSTRING, text_hash(a))
F2(cstring_compare, I32, CSTRING, CSTRING, text_order(a, b))
F3(cstring_between, F64, I64, CSTRING, F64, (double)a + 1000 * (double)strlen(b) + 2 * c)
F1(cstring_len_or, I64, MAYBE_CSTRING, a ? (int64_t)strlen(a) : -1)
F2(cstring_from, CSTRING, CSTRING, U8, text_from(a, b))
F2(cstring_maybe_from, RETURNED_MAYBE_CSTRING, CSTRING, U8, text_from(a, b))
F1(cstring_named, CSTRING, U8, text_named(a))
F1(cstring_lent, CSTRING, U8, text_lent(a))
F1(cstring_bounded, CSTRING_WITHIN(16), U8, text_bounded(a))
F0(cstring_letter, CSTRING_WITHIN(1), "xy")
F2(counted_sum, I64, LENGTH_OF(USIZE), CONST_COUNTED(I64, a), (int64_t)(U(sum_i64(b, a)) + 1000 * U(a)))
F2(counted_sum_i32, I64, CONST_COUNTED(I32, b), LENGTH_OF(I32), sum_i32(a, LENGTH_IN(b)) + 1000 * (int64_t)b)
F4(counted_bytes, F64, I64, LENGTH_OF(U8), F64, CONST_COUNTED(U8, b),
   (double)a + c + (double)sum_u8(d, b) + 1000 * (double)b)
F2(counted_i8, I64, CONST_COUNTED(U16, b), LENGTH_OF(I8), 1000000 * (int64_t)b + (int64_t)sum_u16(a, LENGTH_IN(b)))
F3(counted_dot, F64, LENGTH_OF(U32), CONST_COUNTED(F64, a), CONST_COUNTED(F64, a), dot(b, c, a))
F4(counted_each, I64, LENGTH_OF(U16), LENGTH_OF(U64), CONST_COUNTED(I8, b), CONST_COUNTED(I64, a),
   (int64_t)(10000 * U(a) + 1000 * b + U(sum_i8(c, b)) + 3 * U(sum_i64(d, a))))
F2(counted_double, VOID, COUNTED_OF(I64, b), LENGTH_OF(USIZE), doubled(a, b))
F3(counted_behind, CONST_COUNTED(I32, c), LENGTH_OF(USIZE), CONST_COUNTED(I32, a), IN_OUT_OF(USIZE), behind(b, a, c))
F1(counted_first, CONST_COUNTED(F64, a), U32, table_of(a))
F1(counted_corrupt, CONST_COUNTED(U64, a), I64, table_of_one())
F2(counted_lasts, COUNTED_OF(U8, b), CONST_COUNTED(U8, b), LENGTH_OF(U16), backwards(a, b))
F2(in_out_add, I64, IN_OUT_OF(I64), I64, added(a, b))
F2(in_out_swap, VOID, IN_OUT_OF(I32), IN_OUT_OF(I32), swapped(a, b))
F6(in_out_many, U8, IN_OUT_OF(I8), IN_OUT_OF(U16), IN_OUT_OF(F32), IN_OUT_OF(F64), IN_OUT_OF(BOOL), IN_OUT_OF(U64),
   changed_all(a, b, c, d, e, f))
F3(in_out_point, F64, IN_OUT_OF(POINT), F64, F64, moved(a, b, c))
F1(in_out_padded, VOID, IN_OUT_OF(PADDED), changed_fields(a))
F2(in_out_kept, VOID, IN_OUT_OF(U32), IN_OUT_OF(POINT), ((void)a, (void)b))
F2(in_out_divide, MATH_ERROR_OR(I64), IN_OUT_OF(I64), I64, divided(a, b, err, errlen))
F2(in_out_owned, STRING, CSTRING, IN_OUT_OF(U64), text_copied(a, b))

/* More than there are registers. */
TEN(i8, I8, I64, WEIGHTED_LONGS)
TEN(u8, U8, I64, WEIGHTED_LONGS)
TEN(i16, I16, I64, WEIGHTED_LONGS)
TEN(u16, U16, I64, WEIGHTED_LONGS)
TEN(i32, I32, I64, WEIGHTED_LONGS)
TEN(u32, U32, I64, WEIGHTED_LONGS)
TEN(i64, I64, I64, WEIGHTED_LONGS)
TEN(bool, BOOL, I64, WEIGHTED_LONGS)
TEN(color, COLOR, I64, WEIGHTED_LONGS)
TEN(f32, F32, F64, WEIGHTED_DOUBLES)
TEN(f64, F64, F64, WEIGHTED_DOUBLES)
LAST(f32, F32)
LAST(f64, F64)
F14(spill_mixed, I64, U8, F32, I16, F64, I32, I64, U64, F32, I8, F64, U16, I64, BOOL, U32,
    (int64_t)(U(a) + U(clamped(b)) * 2 + U(c) * 3 + U(clamped(d)) * 4 + U(e) * 5 + U(f) * 6 + g * 7
              + U(clamped(h)) * 8 + U(i) * 9 + U(clamped(j)) * 10 + U(k) * 11 + U(l) * 12 + U(m) * 13
              + U(n) * 14))

/* Halves, where the compiler has them: elsewhere the manifest does not name them. */
#if HAS_HALF
ECHO(f16, F16)
SLICES(f16, F16, F64)
TEN(f16, F16, F64, WEIGHTED_DOUBLES)
LAST(f16, F16)
#endif

#undef ECHO
#undef APPLY
#undef PASS
#undef BEHIND
#undef ODD
#undef ODD_STRUCT
#undef SCALAR_BOUNDS
#undef ENUM
#undef SLICES
#undef TEN
#undef TENTH
#undef LAST
#undef WEIGHTED_LONGS
#undef WEIGHTED_DOUBLES
#undef F0
#undef F1
#undef F2
#undef F3
#undef F4
#undef F5
#undef F6
#undef F10
#undef F14
#undef V1
#undef V2
#undef V10
#undef V14
