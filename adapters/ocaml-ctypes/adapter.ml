(* OCaml's ctypes with Foreign, judged at wire level (docs/protocol.md): it links, invokes, peeks and loops as
   it is told. Each type is ctypes' own of that width; one that it has not is unsupported, not made good. *)

open Ctypes
open Yojson.Safe.Util

exception Unsupported of string

(* A type, the value of it that a word of 64 bits stands for, the word of a value, and how the word's text
   begins and is written. *)
type kind = K : 'a typ * (int64 -> 'a) * ('a -> int64) * string * (int64 -> string) -> kind

let signed typ of_word to_word = K (typ, of_word, to_word, "", Int64.to_string)
let unsigned typ of_word to_word = K (typ, of_word, to_word, "0u", Printf.sprintf "%Lu")
let pointer_of word = ptr_of_raw_address (Int64.to_nativeint word)
let word_of pointer = Int64.of_nativeint (raw_address_of_ptr pointer)

let kinds = Unsigned.[
  "i8", signed int8_t Int64.to_int Int64.of_int; "i16", signed int16_t Int64.to_int Int64.of_int;
  "i32", signed int32_t Int64.to_int32 Int64.of_int32; "i64", signed int64_t Fun.id Fun.id;
  "u8", unsigned uint8_t UInt8.of_int64 UInt8.to_int64;
  "u16", unsigned uint16_t UInt16.of_int64 UInt16.to_int64;
  "u32", unsigned uint32_t UInt32.of_int64 UInt32.to_int64;
  "u64", unsigned uint64_t UInt64.of_int64 UInt64.to_int64;
  "bool", unsigned bool (fun word -> word <> 0L) (fun truth -> if truth then 1L else 0L);
  (* Of a NaN both conversions keep sign and payload, as C's do. *)
  "f32", K (float, (fun word -> Int32.float_of_bits (Int64.to_int32 word)),
            (fun value -> Int64.logand (Int64.of_int32 (Int32.bits_of_float value)) 0xffffffffL),
            "0x", Printf.sprintf "%08Lx");
  "f64", K (double, Int64.float_of_bits, Int64.bits_of_float, "0x", Printf.sprintf "%016Lx");
  "pointer", unsigned (ptr void) pointer_of word_of;
]

let kind name =
  try List.assoc name kinds with Not_found -> raise (Unsupported ("ctypes has no type for " ^ name))

let written name word =
  if name = "void" then `Null else let K (_, _, _, _, text) = kind name in `String (text word)

(* What an argument is: known before the call, or of a run's earlier steps. *)
type word = Known of int64 | Asked of (unit -> int64)

let value of_word = function
  | Known word -> let value = of_word word in fun () -> value
  | Asked word -> fun () -> of_word (word ())

(* A function's type, and a call of one with arguments made ready, which gives the word that came back. *)
type prototype = P : ('a -> 'b) fn * (word list -> ('a -> 'b) -> int64) -> prototype

let rec prototype : type r. string list -> r typ -> (r -> int64) -> prototype =
  fun parameters result to_word -> match parameters with
  | [] -> P (void @-> returning result, fun _ f -> to_word (f ()))
  | [last] ->
    let K (typ, of_word, _, _, _) = kind last in
    P (typ @-> returning result, fun words ->
        let value = value of_word (List.hd words) in
        fun f -> to_word (f (value ())))
  | first :: rest ->
    let K (typ, of_word, _, _, _) = kind first in
    let P (fn, call) = prototype rest result to_word in
    P (typ @-> fn, fun words ->
        let value = value of_word (List.hd words) and call = call (List.tl words) in
        fun f -> call (f (value ())))

type linked = { parameters : string list; returns : string; ready : word list -> unit -> int64 }
type bytes = (char, Bigarray.int8_unsigned_elt, Bigarray.c_layout) Bigarray.Array1.t
type block = { room : char ptr; address : int64; bytes : bytes }

let functions : (int, linked) Hashtbl.t = Hashtbl.create 64
let main = ref ""
let kept = ref [||] (* the memory of the last call *)

let hex (bytes : bytes) =
  String.init (2 * Bigarray.Array1.dim bytes) (fun i ->
      "0123456789abcdef".[(Char.code bytes.{i / 2} lsr (4 * (1 - i land 1))) land 15])

let digit c = Char.code c - if c <= '9' then 48 else 87

let view address length = bigarray_of_ptr array1 length Bigarray.char (from_voidp char (pointer_of address))
let place address offset = from_voidp int64_t (pointer_of (Int64.add address (Int64.of_int offset)))

let fill blocks contents =
  Array.iteri (fun n (bytes, pointers) ->
      String.iteri (fun i byte -> blocks.(n).bytes.{i} <- byte) bytes;
      List.iter (fun (offset, other) -> place blocks.(n).address offset <-@ blocks.(other).address) pointers)
    contents

let contents request =
  let content block =
    let text = block |> member "bytes" |> to_string in
    String.init (String.length text / 2) (fun i ->
        Char.chr (16 * digit text.[2 * i] + digit text.[2 * i + 1])),
    block |> member "pointers" |> to_list
    |> List.map (fun pair -> to_int (index 0 pair), to_int (index 1 pair)) in
  request |> member "blocks" |> to_list |> List.map content |> Array.of_list

let allocate contents =
  Array.map (fun (bytes, _) ->
      let length = String.length bytes in
      let room = allocate_n char ~count:(length + 15) in
      let address = Int64.logand (Int64.add (word_of (to_voidp room)) 15L) (-16L) in
      { room; address; bytes = view address length }) contents

let word blocks results name = function
  | `String text -> let K (_, _, _, prefix, _) = kind name in Known (Int64.of_string (prefix ^ text))
  | `Assoc ["block", `Int n] -> Known blocks.(n).address
  | `Assoc ["result", `Int k] -> Asked (fun () -> results.(k))
  | `Assoc ["word", `List [`Int n; `Int offset]] ->
    let place = place blocks.(n).address offset in Asked (fun () -> !@ place)
  | _ -> failwith "no carrier"

let made call = try call () with raised -> raise (Unsupported ("ctypes raises " ^ Printexc.to_string raised))

(* A function and its call, of a step or an `invoke`. *)
let step blocks results request =
  let linked = Hashtbl.find functions (to_int (member "function" request)) in
  let arguments = to_list (member "arguments" request) in
  linked, linked.ready (List.map2 (word blocks results) linked.parameters arguments)

(* A script with blocks of its own. *)
type script = {
  contents : (string * (int * int) list) array; blocks : block array; results : int64 array;
  steps : (linked * (unit -> int64)) array; asked : Yojson.Safe.t;
}

let script asked =
  let contents = contents asked and steps = asked |> member "steps" |> to_list in
  let blocks = allocate contents and results = Array.make (List.length steps) 0L in
  fill blocks contents;
  { contents; blocks; results; steps = Array.of_list (List.map (step blocks results) steps); asked }

let run script = Array.iteri (fun k (_, call) -> script.results.(k) <- call ()) script.steps
let null word = if word = 0L then 0L else 1L

let outcome script =
  let value ({ returns; _ }, _) word = written returns (if returns = "pointer" then null word else word) in
  let shown piece = match List.map to_int (to_list piece) with
    | [block; offset; length] -> `String (hex (Bigarray.Array1.sub script.blocks.(block).bytes offset length))
    | _ -> failwith "no piece" in
  Array.to_list (Array.map2 value script.steps script.results),
  List.map shown (to_list (member "show" script.asked))

let tally tallies outcome times =
  match List.assoc_opt outcome !tallies with
  | Some count -> count := !count + times
  | None when List.length !tallies < 16 -> tallies := !tallies @ [outcome, ref times]
  | None -> let count = snd (List.nth !tallies 15) in count := !count + times

(* `looped`: each thread has scripts and tallies of its own, and begins once all are ready. *)
let loop request =
  let asked = request |> member "scripts" |> to_list and rounds = request |> member "rounds" |> to_int in
  let threads = request |> member "threads" |> to_int and n = List.length asked in
  let waiting = Atomic.make threads and looping = Atomic.make true and refused = Atomic.make None in
  let all = Array.init threads (fun _ -> Array.init n (fun _ -> ref [])) in
  let looped thread = try
      let scripts = Array.of_list (List.map script asked) in
      Atomic.decr waiting;
      while Atomic.get waiting > 0 do Thread.yield () done;
      for round = 0 to rounds - 1 do
        let at = (round + thread) mod n in
        fill scripts.(at).blocks scripts.(at).contents;
        made (fun () -> run scripts.(at));
        tally all.(thread).(at) (outcome scripts.(at)) 1
      done
    with raised -> Atomic.decr waiting; Atomic.set refused (Some raised) in
  let collector = if to_bool (member "collect" request)
    then [Thread.create (fun () -> while Atomic.get looping do Gc.full_major () done) ()] else [] in
  let others = List.init (threads - 1) (fun other -> Thread.create looped (other + 1)) in
  looped 0;
  List.iter Thread.join others;
  Atomic.set looping false;
  List.iter Thread.join collector;
  Option.iter raise (Atomic.get refused);
  let sums = Array.init n (fun _ -> ref []) in
  Array.iter (Array.iteri (fun at tallies ->
      List.iter (fun (outcome, times) -> tally sums.(at) outcome !times) !tallies)) all;
  let told ((values, shown), times) =
    `Assoc ["values", `List values; "shown", `List shown; "times", `Int !times] in
  let scripts = Array.map (fun sum -> `List (List.map told !sum)) sums in
  ["is", `String "looped"; "scripts", `List (Array.to_list scripts)]

let clock_gettime = Foreign.foreign "clock_gettime" (int @-> ptr int64_t @-> returning int)

let now () =
  let time = allocate_n int64_t ~count:2 in
  ignore (clock_gettime 1 time); (* CLOCK_MONOTONIC *)
  Int64.add (Int64.mul (!@ time) 1_000_000_000L) (!@ (time +@ 1))

let clock request =
  let rows = request |> member "rows" |> to_list |> List.map script |> Array.of_list in
  let count = request |> member "count" |> to_int in
  let began = now () in
  made (fun () -> for row = 0 to count - 1 do run rows.(row mod Array.length rows) done);
  let elapsed = Int64.sub (now ()) began in
  let bits script = function
    | `Assoc ["result", `Int k] ->
      let word = script.results.(k) in
      if (fst script.steps.(k)).returns = "pointer" then null word else word
    | `Assoc ["word", `List [`Int n; `Int offset]] -> !@ (place script.blocks.(n).address offset)
    | _ -> failwith "no bits" in
  let sum sum script =
    let add all one = Int64.add all (bits script one) in
    List.fold_left add (Int64.mul sum 31L) (to_list (member "bits" script.asked)) in
  let ran = Array.sub rows 0 (min count (Array.length rows)) in
  ["is", `String "benched"; "elapsed_ns", `Int (Int64.to_int elapsed);
   "checksum", `String (Printf.sprintf "%Lu" (Array.fold_left sum 0L ran))]

let told is message = ["is", `String is; "message", `String message]

let hello request =
  main := request |> member "library" |> to_string;
  ignore (Dl.dlopen ~filename:!main ~flags:[Dl.RTLD_NOW]);
  ["is", `String "ready"; "protocol", `Int 1; "name", `String "ocaml-ctypes";
   "version", `String Version.ctypes; "language", `String "OCaml"; "level", `String "wire";
   "capabilities", `List [`String "libraries"; `String "collect"; `String "loops"; `String "threads"];
   "lacks", `List [`String "f16"]]

let link request =
  let text field = request |> member field |> to_string in
  let parameters = List.map to_string (to_list (member "parameters" request)) in
  let returns = text "returns" and symbol = text "symbol" in
  let P (fn, call) =
    if returns = "void" then prototype parameters void (fun () -> 0L)
    else let K (typ, _, to_word, _, _) = kind returns in prototype parameters typ to_word in
  let filename = Option.value (request |> member "library" |> to_string_option) ~default:!main in
  (* Without its lock, so that another thread can call meanwhile. *)
  let linked () = Foreign.foreign ~release_runtime_lock:true
      ~from:(Dl.dlopen ~filename ~flags:[Dl.RTLD_NOW]) symbol fn in
  match linked () with
  | exception Dl.DL_error error ->
    told "unlinked" (Printf.sprintf "%s has no symbol `%s`: %s" filename symbol error)
  | f ->
    let number = Hashtbl.length functions in
    let ready words = let call = call words in fun () -> call f in
    Hashtbl.add functions number { parameters; returns; ready };
    ["is", `String "bound"; "function", `Int number]

let invoke request =
  let contents = contents request in
  kept := allocate contents;
  fill !kept contents;
  let linked, call = step !kept [||] request in
  let value = made call in
  let blocks = Array.to_list (Array.map (fun block -> `String (hex block.bytes)) !kept) in
  ["is", `String "returned"; "value", written linked.returns value; "blocks", `List blocks]

let peek request =
  let address = Int64.of_string ("0u" ^ to_string (member "address" request)) in
  ["is", `String "memory"; "bytes", `String (hex (view address (to_int (member "length" request))))]

let answer request = match request |> member "do" |> to_string with
  | "hello" -> hello request
  | "link" -> link request
  | "invoke" -> invoke request
  | "peek" -> peek request
  | "loop" -> loop request
  | "clock" -> clock request
  | "collect" -> Gc.full_major (); ["is", `String "done"]
  | "stop" -> ["is", `String "done"]
  | other -> failwith ("it does not serve " ^ other)

let rec converse () = match input_line stdin with
  | exception End_of_file -> ()
  | line ->
    let request = Yojson.Safe.from_string line in
    let reply = try answer request with
      | Unsupported message -> told "unsupported" message
      | raised -> told "adapter-error" (Printexc.to_string raised) in
    print_endline (Yojson.Safe.to_string (`Assoc (("id", member "id" request) :: reply)));
    if member "do" request <> `String "stop" then converse ()

let () = converse ()
