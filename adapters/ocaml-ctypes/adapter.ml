(* OCaml's ctypes with Foreign, judged at wire level (docs/protocol.md): what ctypes does; the protocol is wire.ml's. *)
(* Each type is ctypes' own of that width; one that it has not is unsupported, not made good. *)

open Ctypes
open Wire

module Ctypes_foreign = struct
  exception Unsupported = Ctypes.Unsupported
  exception Unlinked = Dl.DL_error

  let name = "ocaml-ctypes"
  let itself = "ctypes"
  let version = Version.ctypes
  let capabilities = ["callbacks"; "callback-types"; "foreign-threads"; "kept-callbacks"; "by-value"]
  let lacks = ["f16"]

  (* A type, the value of it that a word of 64 bits stands for, and the word of a value. *)
  type kind = K : 'a typ * (int64 -> 'a) * ('a -> int64) -> kind

  let pointer_of word = ptr_of_raw_address (Int64.to_nativeint word)
  let word_of pointer = Int64.of_nativeint (raw_address_of_ptr pointer)

  let kinds = Unsigned.[
    "i8", K (int8_t, Int64.to_int, Int64.of_int); "i16", K (int16_t, Int64.to_int, Int64.of_int);
    "i32", K (int32_t, Int64.to_int32, Int64.of_int32); "i64", K (int64_t, Fun.id, Fun.id);
    "u8", K (uint8_t, UInt8.of_int64, UInt8.to_int64); "u16", K (uint16_t, UInt16.of_int64, UInt16.to_int64);
    "u32", K (uint32_t, UInt32.of_int64, UInt32.to_int64); "u64", K (uint64_t, UInt64.of_int64, UInt64.to_int64);
    "bool", K (bool, (fun word -> word <> 0L), (fun truth -> if truth then 1L else 0L));
    (* Of a NaN both conversions keep sign and payload, as C's do. *)
    "f32", K (float, (fun word -> Int32.float_of_bits (Int64.to_int32 word)),
              (fun value -> Int64.logand (Int64.of_int32 (Int32.bits_of_float value)) 0xffffffffL));
    "f64", K (double, Int64.float_of_bits, Int64.bits_of_float);
    "pointer", K (ptr void, pointer_of, word_of);
  ]

  let returned = ref [] (* keeps what the words of structs that came back are the addresses of *)

  (* The word of a struct is its address, from which ctypes takes its value. *)
  let rec kind = function
    | Void -> K (void, ignore, fun () -> 0L)
    | Scalar name ->
      (try List.assoc name kinds with Not_found -> raise (Unsupported ("ctypes has no type for " ^ name)))
    | Array (length, one) ->
      let K (typ, _, _) = kind one in
      K (array length typ, (fun _ -> failwith "no value"), (fun _ -> failwith "no value"))
    | Struct members ->
      let typ, _ = laid_out members in
      K (typ, (fun address -> !@ (from_voidp typ (pointer_of address))),
         (fun value -> returned := [Obj.repr value]; word_of (to_voidp (addr value))))

  (* A struct as ctypes lays it out, and the offsets of its members. *)
  and laid_out members =
    let typ = structure "" in
    let field at one = let K (of_one, _, _) = kind one in offsetof (field typ (Printf.sprintf "m%d" at) of_one) in
    let offsets = List.mapi field members in
    seal typ;
    typ, offsets

  let size of_ = let K (typ, _, _) = kind of_ in sizeof typ
  let offsets members = snd (laid_out members)

  type room = char ptr

  let room size =
    let room = allocate_n char ~count:(size + 15) in
    room, Int64.logand (Int64.add (word_of (to_voidp room)) 15L) (-16L)

  let view address length = bigarray_of_ptr array1 length Bigarray.char (from_voidp char (pointer_of address))
  let word address = let place = from_voidp int64_t (pointer_of address) in fun () -> !@ place
  let get of_ address = let K (typ, _, to_word) = kind of_ in to_word (!@ (from_voidp typ (pointer_of address)))
  let put of_ address word = let K (typ, of_word, _) = kind of_ in from_voidp typ (pointer_of address) <-@ of_word word

  let value of_word = function
    | Known word -> let value = of_word word in fun () -> value
    | Asked word -> fun () -> of_word (word ())

  (* A function's type, and a call of one with arguments made ready, which gives the word that came back. *)
  type prototype = P : ('a -> 'b) fn * (word list -> ('a -> 'b) -> int64) -> prototype

  let rec prototype : type r. type_ list -> r typ -> (r -> int64) -> prototype =
    fun parameters result to_word -> match parameters with
    | [] -> P (void @-> returning result, fun _ f -> to_word (f ()))
    | [last] ->
      let K (typ, of_word, _) = kind last in
      P (typ @-> returning result, fun words ->
          let value = value of_word (List.hd words) in
          fun f -> to_word (f (value ())))
    | first :: rest ->
      let K (typ, of_word, _) = kind first in
      let P (fn, call) = prototype rest result to_word in
      P (typ @-> fn, fun words ->
          let value = value of_word (List.hd words) and call = call (List.tl words) in
          fun f -> call (f (value ())))

  let opened filename = Dl.dlopen ~filename ~flags:[Dl.RTLD_NOW]
  let open_ filename = ignore (opened filename)

  let link filename symbol parameters returns =
    let K (typ, _, to_word) = kind returns in
    let P (fn, call) = prototype parameters typ to_word in
    (* Without its lock, so that another thread can call meanwhile. *)
    let f = Foreign.foreign ~release_runtime_lock:true ~from:(opened filename) symbol fn in
    fun words -> let call = call words in fun () -> call f

  (* A C function's type, and a function of OCaml's of what answers words with a word. *)
  type answering = A : ('a -> 'b) fn * ((int64 list -> int64) -> 'a -> 'b) -> answering

  let rec answering : type r. type_ list -> r typ -> (int64 -> r) -> answering =
    fun parameters result of_word -> match parameters with
    | [] -> A (void @-> returning result, fun answer () -> of_word (answer []))
    | [last] ->
      let K (typ, _, to_word) = kind last in
      A (typ @-> returning result, fun answer value -> of_word (answer [to_word value]))
    | first :: rest ->
      let K (typ, _, to_word) = kind first in
      let A (fn, make) = answering rest result of_word in
      A (typ @-> fn, fun answer value -> make (fun words -> answer (to_word value :: words)))

  let callback parameters returns answer =
    let K (typ, of_word, _) = kind returns in
    let A (fn, make) = answering parameters typ of_word in
    let module Made = (val Foreign.dynamic_funptr ~runtime_lock:true ~thread_registration:true fn) in
    let made = Made.of_fun (make answer) in
    word_of (coerce Made.t (ptr void) made), fun () -> Made.free made

  let clock_gettime = Foreign.foreign "clock_gettime" (int @-> ptr int64_t @-> returning int)

  let now () =
    let time = allocate_n int64_t ~count:2 in
    ignore (clock_gettime 1 time); (* CLOCK_MONOTONIC *)
    Int64.add (Int64.mul (!@ time) 1_000_000_000L) (!@ (time +@ 1))
end

module Served = Wire.Serve (Ctypes_foreign)
let () = Served.converse ()
