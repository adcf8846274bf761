(* The protocol (docs/protocol.md, wire level) over what an adapter says of its library: messages, carriers, blocks,
   loops and threads. What a library does is told by a module of the type [Library], and [Serve] answers for it. *)

open Yojson.Safe.Util

type type_ = Void | Scalar of string | Array of int * type_ | Struct of type_ list

(* What an argument is: known before the call, or of a run's earlier steps. *)
type word = Known of int64 | Asked of (unit -> int64)

type bytes = (char, Bigarray.int8_unsigned_elt, Bigarray.c_layout) Bigarray.Array1.t

(* Values cross as words of 64 bits: an integer, extended or not, a float's bits, an address; of a struct that of its memory. *)
module type Library = sig
  exception Unsupported of string (* what the library, and not its adapter, does not do *)
  exception Unlinked of string (* a library that does not open, or lacks a symbol *)

  val name : string
  val itself : string (* as messages call it *)
  val version : string
  val capabilities : string list (* beside those of every library *)
  val lacks : string list
  val open_ : string -> unit

  (* Of path, symbol, parameters and what is returned: a call made ready of its arguments. *)
  val link : string -> string -> type_ list -> type_ -> word list -> unit -> int64

  (* A C function of these parameters that returns this, whatever thread calls it: its address, and what frees it. *)
  val callback : type_ list -> type_ -> (int64 list -> int64) -> int64 * (unit -> unit)

  val size : type_ -> int
  val offsets : type_ list -> int list (* of a struct's members *)

  (* Memory of so many bytes, aligned to 16, that stays as long as this object of it, and its address. *)
  type room
  val room : int -> room * int64

  val view : int64 -> int -> bytes (* what lies there *)
  val word : int64 -> unit -> int64 (* reads 8 bytes there, each time *)
  val get : type_ -> int64 -> int64
  val put : type_ -> int64 -> int64 -> unit
  val now : unit -> int64 (* of a monotonic clock, in ns *)
end

let rec type_ = function
  | `String "void" -> Void
  | `String name -> Scalar name
  | `Assoc ["array", `List [`Int length; one]] -> Array (length, type_ one)
  | asked -> Struct (List.map type_ (asked |> member "struct" |> to_list))

let types name request = request |> member name |> to_list |> List.map type_

(* A scalar's word of its text, and the text of its word. *)
let carried of_ text = match of_ with
  | Scalar name ->
    Int64.of_string ((match name.[0] with 'i' -> "" | 'f' -> "0x" | _ -> "0u") ^ text)
  | _ -> failwith "no scalar"

let text name word = match name with
  | "f32" -> Printf.sprintf "%08Lx" word
  | "f64" -> Printf.sprintf "%016Lx" word
  | _ -> Printf.sprintf (if name.[0] = 'i' then "%Ld" else "%Lu") word

let hex (bytes : bytes) =
  String.init (2 * Bigarray.Array1.dim bytes) (fun i ->
      "0123456789abcdef".[(Char.code bytes.{i / 2} lsr (4 * (1 - i land 1))) land 15])

let digit c = Char.code c - if c <= '9' then 48 else 87

(* What is to be in the blocks of a request: bytes, and the offsets of pointers with the blocks that these point to. *)
let contents request =
  let content block =
    let text = block |> member "bytes" |> to_string in
    String.init (String.length text / 2) (fun i ->
        Char.chr (16 * digit text.[2 * i] + digit text.[2 * i + 1])),
    block |> member "pointers" |> to_list
    |> List.map (fun pair -> to_int (index 0 pair), to_int (index 1 pair)) in
  request |> member "blocks" |> to_list |> List.map content |> Array.of_list

let at address offset = Int64.add address (Int64.of_int offset)
let null word = if word = 0L then 0L else 1L

let tally tallies outcome times =
  match List.assoc_opt outcome !tallies with
  | Some count -> count := !count + times
  | None when List.length !tallies < 16 -> tallies := !tallies @ [outcome, ref times]
  | None -> let count = snd (List.nth !tallies 15) in count := !count + times

let told is message = ["is", `String is; "message", `String message]

module Serve (Library : Library) = struct
  type linked = { parameters : type_ list; returns : type_; ready : word list -> unit -> int64 }

  (* A C function that answers as it is told, and what it was called with so far, the last first. *)
  type callback = { code : int64; calls : Yojson.Safe.t list ref; free : unit -> unit }
  type block = { room : Library.room; address : int64; bytes : bytes }

  let functions : (int, linked) Hashtbl.t = Hashtbl.create 64
  let main = ref ""
  let kept = ref [||] (* the memory of the last call *)
  let rooms = ref [] (* of the structs that it is given *)
  let lent = ref [] (* to the call that is made, the last first *)
  let objects : (string, callback) Hashtbl.t = Hashtbl.create 64
  let number_of_objects = ref 0

  (* What lies within a struct or an array that is there. *)
  let parts address = function
    | Array (length, one) -> List.init length (fun n -> at address (n * Library.size one), one)
    | Struct members -> List.map2 (fun offset one -> at address offset, one) (Library.offsets members) members
    | Void | Scalar _ -> failwith "no parts"

  let rec write (address, of_) carrier = match of_, carrier with
    | Scalar _, `String text -> Library.put of_ address (carried of_ text)
    | _ -> List.iter2 write (parts address of_) (to_list carrier)

  (* The carrier of a word, or of a struct's address. *)
  let rec written of_ word = match of_ with
    | Void -> `Null
    | Scalar name -> `String (text name word)
    | _ ->
      let read (address, of_) = written of_ (match of_ with Scalar _ -> Library.get of_ address | _ -> address) in
      `List (List.map read (parts word of_))

  let fill blocks contents =
    Array.iteri (fun n (bytes, pointers) ->
        let { address; bytes = room; _ } = blocks.(n) in
        String.iteri (fun i byte -> room.{i} <- byte) bytes;
        List.iter (fun (offset, other) -> Library.put (Scalar "pointer") (at address offset) blocks.(other).address)
          pointers)
      contents

  let lay_out contents =
    let blocks = Array.map (fun (bytes, _) ->
        let length = String.length bytes in
        let room, address = Library.room length in
        { room; address; bytes = Library.view address length }) contents in
    fill blocks contents;
    blocks

  (* [again] calls the function once more that the callback was given to. *)
  let callback request again =
    let parameters = types "parameters" request and returns = type_ (member "returns" request) in
    let answers = request |> member "answers" |> to_list |> Array.of_list in
    let calls = ref [] and lock = Mutex.create () and plain = member "plain" request = `Bool true in
    let value = match answers.(0) with `String text -> carried returns text | _ -> 0L in
    let answer words =
      if plain then value else begin
        Mutex.lock lock;
        let told = answers.(min (List.length !calls) (Array.length answers - 1)) in
        calls := `List (List.map2 written parameters words) :: !calls;
        Mutex.unlock lock;
        match told with
        | `Null -> 0L
        | `String text -> carried returns text
        | told -> again (to_list (member "again" told))
      end in
    let code, free = Library.callback parameters returns answer in
    { code; calls; free }

  let calls callback = `List (List.rev !(callback.calls))

  let word blocks results of_ = function
    | `String text -> Known (carried of_ text)
    | `List _ as members ->
      let room, address = Library.room (Library.size of_) in
      rooms := room :: !rooms;
      write (address, of_) members;
      Known address
    | `Assoc ["block", `Int n] -> Known blocks.(n).address
    | `Assoc ["result", `Int k] -> Asked (fun () -> results.(k))
    | `Assoc ["word", `List [`Int n; `Int offset]] -> Asked (Library.word (at blocks.(n).address offset))
    | _ -> failwith "no carrier"

  let made call =
    try call () with raised ->
      raise (Library.Unsupported (Library.itself ^ " raises " ^ Printexc.to_string raised))

  (* A function and its call, of a step or an `invoke`. *)
  let step blocks results request =
    let linked = Hashtbl.find functions (to_int (member "function" request)) in
    let given = ref [] in
    let again carriers =
      let word of_ = function
        | `Assoc ["argument", `Int n] -> List.nth !given n
        | carrier -> word blocks results of_ carrier in
      linked.ready (List.map2 word linked.parameters carriers) () in
    let argument of_ = function
      | `Assoc ["callback", request] ->
        let made = callback request again in
        lent := made :: !lent;
        Known made.code
      | carrier -> word blocks results of_ carrier in
    given := List.map2 argument linked.parameters (to_list (member "arguments" request));
    linked, linked.ready !given

  (* A script with blocks of its own. *)
  type script = {
    contents : (string * (int * int) list) array; blocks : block array; results : int64 array;
    steps : (linked * (unit -> int64)) array; asked : Yojson.Safe.t;
  }

  let script asked =
    let contents = contents asked and steps = asked |> member "steps" |> to_list in
    let blocks = lay_out contents and results = Array.make (List.length steps) 0L in
    { contents; blocks; results; steps = Array.of_list (List.map (step blocks results) steps); asked }

  let run script = Array.iteri (fun k (_, call) -> script.results.(k) <- call ()) script.steps
  let said { returns; _ } word = if returns = Scalar "pointer" then null word else word

  let outcome script =
    let value (linked, _) word = written linked.returns (said linked word) in
    let shown piece = match List.map to_int (to_list piece) with
      | [block; offset; length] -> `String (hex (Bigarray.Array1.sub script.blocks.(block).bytes offset length))
      | _ -> failwith "no piece" in
    Array.to_list (Array.map2 value script.steps script.results),
    List.map shown (to_list (member "show" script.asked))

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

  let clock request =
    let rows = request |> member "rows" |> to_list |> List.map script |> Array.of_list in
    let count = request |> member "count" |> to_int in
    let began = Library.now () in
    made (fun () -> for row = 0 to count - 1 do run rows.(row mod Array.length rows) done);
    let elapsed = Int64.sub (Library.now ()) began in
    let bits script = function
      | `Assoc ["result", `Int k] -> said (fst script.steps.(k)) script.results.(k)
      | `Assoc ["word", `List [`Int n; `Int offset]] -> Library.word (at script.blocks.(n).address offset) ()
      | _ -> failwith "no bits" in
    let sum sum script =
      let add all one = Int64.add all (bits script one) in
      List.fold_left add (Int64.mul sum 31L) (to_list (member "bits" script.asked)) in
    let ran = Array.sub rows 0 (min count (Array.length rows)) in
    ["is", `String "benched"; "elapsed_ns", `Int (Int64.to_int elapsed);
     "checksum", `String (Printf.sprintf "%Lu" (Array.fold_left sum 0L ran))]

  let hello request =
    main := request |> member "library" |> to_string;
    Library.open_ !main;
    let words all = `List (List.map (fun word -> `String word) all) in
    ["is", `String "ready"; "protocol", `Int 1; "name", `String Library.name; "version", `String Library.version;
     "language", `String "OCaml"; "level", `String "wire";
     "capabilities", words (["libraries"; "collect"; "loops"; "threads"] @ Library.capabilities);
     "lacks", words Library.lacks]

  let link request =
    let parameters = types "parameters" request and returns = type_ (member "returns" request) in
    let symbol = request |> member "symbol" |> to_string in
    let path = Option.value (request |> member "library" |> to_string_option) ~default:!main in
    match Library.link path symbol parameters returns with
    | exception Library.Unlinked error ->
      told "unlinked" (Printf.sprintf "%s has no symbol `%s`: %s" path symbol error)
    | ready ->
      let number = Hashtbl.length functions in
      Hashtbl.add functions number { parameters; returns; ready };
      ["is", `String "bound"; "function", `Int number]

  let invoke request =
    kept := lay_out (contents request);
    lent := []; rooms := [];
    let linked, call = step !kept [||] request in
    let value = made call in
    let value = written linked.returns value and calls = List.rev_map calls !lent in
    List.iter (fun callback -> callback.free ()) !lent;
    let blocks = Array.to_list (Array.map (fun block -> `String (hex block.bytes)) !kept) in
    ["is", `String "returned"; "value", value; "blocks", `List blocks; "calls", `List calls]

  let peek request =
    let address = Int64.of_string ("0u" ^ to_string (member "address" request)) in
    ["is", `String "memory"; "bytes", `String (hex (Library.view address (to_int (member "length" request))))]

  let make_address request =
    let made = callback request (fun _ -> failwith "it was given to no call") in
    let number = string_of_int !number_of_objects in
    incr number_of_objects;
    Hashtbl.add objects number made;
    ["is", `String "made"; "kept", `String number; "address", `String (Printf.sprintf "%Lu" made.code)]

  let object_of request = Hashtbl.find objects (to_string (member "kept" request))

  let release request =
    (object_of request).free ();
    Hashtbl.remove objects (to_string (member "kept" request));
    ["is", `String "done"]

  let answer request = match request |> member "do" |> to_string with
    | "hello" -> hello request
    | "link" -> link request
    | "invoke" -> invoke request
    | "peek" -> peek request
    | "make-address" -> make_address request
    | "heard" -> ["is", `String "heard"; "calls", calls (object_of request)]
    | "release" -> release request
    | "loop" -> loop request
    | "clock" -> clock request
    | "collect" -> Gc.full_major (); ["is", `String "done"]
    | "stop" -> ["is", `String "done"]
    | other -> failwith ("it does not serve " ^ other)

  (* Answers requests until the last. *)
  let rec converse () = match input_line stdin with
    | exception End_of_file -> ()
    | line ->
      let request = Yojson.Safe.from_string line in
      let reply = try answer request with
        | Library.Unsupported message -> told "unsupported" message
        | raised -> told "adapter-error" (Printexc.to_string raised) in
      print_endline (Yojson.Safe.to_string (`Assoc (("id", member "id" request) :: reply)));
      if member "do" request <> `String "stop" then converse ()
end
