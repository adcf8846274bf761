//! Libraries with one fault each: the suite's own, between two edits of the lines that go in and out.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use harness::served::wire::WireServer;
use serde_json::{Value as Json, json};
use subject::protocol::answer;

/// What a faulty library knows of a function it linked.
struct Linked {
    symbol: String,
    parameters: Vec<String>,
    returns: String,
}

pub(crate) fn serve(fault: &str) -> ExitCode {
    let mut server = WireServer::default();
    let mut linked: Vec<Linked> = Vec::new();
    // What the last call returned, where it was lent memory.
    let mut lent = Json::Null;
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let mut request: Json = serde_json::from_str(&line).expect("a request");
        let asked = request.clone();
        let function = asked["function"].as_u64().and_then(|number| linked.get(number as usize));
        if asked["do"] == "link" {
            linked_wrongly(fault, &mut request);
        }
        if let Some(function) = function {
            invoked_wrongly(fault, function, &mut request);
        }
        looped_wrongly(fault, &linked, &mut request);
        let is_free = function.is_some_and(|function| function.symbol.ends_with("__free"));
        if is_free && fault == "frees-twice" {
            answer(&mut server, &request.to_string());
        }
        // Who takes no such value calls nothing with one.
        let (reply, is_last) = if lacks_a_value(fault, &linked, &asked, &Json::Null) {
            (json!({"id": asked["id"], "is": "void"}).to_string(), false)
        } else if is_free && fault == "never-frees" {
            let blocks: Vec<&Json> = blocks(&asked).iter().map(|block| &block["bytes"]).collect();
            let reply =
                json!({"id": asked["id"], "is": "returned", "value": null, "blocks": blocks});
            (reply.to_string(), false)
        } else {
            answer(&mut server, &request.to_string())
        };
        let mut reply: Json = serde_json::from_str(&reply).expect("a reply");
        if lacks_a_value(fault, &linked, &asked, &reply) {
            reply =
                json!({"id": asked["id"], "is": "unsupported", "message": "there is no such f64"});
        }
        if let Some(function) = function.filter(|_| reply["is"] != "unsupported") {
            returned_wrongly(fault, function, &asked, &mut reply);
        }
        answered_wrongly(fault, &asked, &lent, &mut reply);
        tallied_wrongly(fault, &mut reply);
        if asked["do"] == "invoke" {
            lent = if blocks(&asked).is_empty() { Json::Null } else { reply["value"].clone() };
        }
        if asked["do"] == "link" && reply["is"] == "bound" {
            let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
            linked.push(Linked {
                symbol: text(&asked["symbol"]),
                parameters: asked["parameters"]
                    .as_array()
                    .map_or(Vec::new(), |all| all.iter().map(text).collect()),
                returns: text(&asked["returns"]),
            });
        }
        let mut out = io::stdout().lock();
        if writeln!(out, "{reply}").and_then(|()| out.flush()).is_err() || is_last {
            break;
        }
    }
    ExitCode::SUCCESS
}

fn blocks(request: &Json) -> &[Json] {
    request["blocks"].as_array().map_or(&[], Vec::as_slice)
}

/// Faults in what a prototype is taken for.
fn linked_wrongly(fault: &str, request: &mut Json) {
    let (from, to) = match fault {
        "i8-not-extended" => ("i8", "u8"),
        "f32-as-double" => ("f32", "f64"),
        _ => ("", ""),
    };
    for parameter in request["parameters"].as_array_mut().into_iter().flatten() {
        if *parameter == from {
            *parameter = json!(to);
        }
    }
    if fault == "narrow-returns-as-words" && request["returns"] == "u8" {
        request["returns"] = json!("u64");
    }
    if fault == "links-anything"
        && request["symbol"].as_str().is_some_and(|s| s.ends_with("__free"))
    {
        request["symbol"] = json!("bc_manifest");
    }
}

/// Faults in what is put into registers and memory.
fn invoked_wrongly(fault: &str, function: &Linked, request: &mut Json) {
    let arguments = request["arguments"].as_array_mut().into_iter().flatten();
    for (argument, of) in arguments.zip(&function.parameters) {
        let Some(text) = argument.as_str() else { continue };
        *argument = match (fault, &**of) {
            ("i8-not-extended", "i8") => {
                json!((text.parse::<i8>().expect("an i8") as u8).to_string())
            }
            ("f32-as-double", "f32") => {
                let bits = u32::from_str_radix(text, 16).expect("bits");
                json!(format!("{:016x}", f64::from(f32::from_bits(bits)).to_bits()))
            }
            ("frees-with-another-length", "u64")
                if function.symbol.ends_with("__free") && function.parameters.len() == 2 =>
            {
                // The address is far above any length.
                match text.parse::<u64>().expect("a word") {
                    length @ 1..0x10000 => json!((length + 1).to_string()),
                    _ => continue,
                }
            }
            _ => continue,
        };
    }
    if fault == "pointers-not-patched" {
        for block in request["blocks"].as_array_mut().into_iter().flatten() {
            block["pointers"] = json!([]);
        }
    }
}

/// Faults in what a loop is taken to ask.
fn looped_wrongly(fault: &str, linked: &[Linked], request: &mut Json) {
    if fault == "clock-skips-calls" && request["do"] == "clock" {
        // The rows are all run, so that what they leave is right.
        let count = request["count"].as_u64().expect("a count");
        request["count"] = json!(count.min(16).max(count / 2));
    }
    if request["do"] != "loop" {
        return;
    }
    if fault == "loop-skips-calls" {
        let rounds = request["rounds"].as_u64().expect("rounds");
        request["rounds"] = json!(rounds - rounds / 100);
    }
    let frees = |step: &Json| {
        let function = linked.get(step["function"].as_u64().expect("a function") as usize);
        function.is_some_and(|function| function.symbol.ends_with("__free"))
    };
    for script in request["scripts"].as_array_mut().into_iter().flatten() {
        for step in script["steps"].as_array_mut().into_iter().flatten() {
            if fault == "loop-never-frees" && frees(step) && step["arguments"][1].is_string() {
                // What has a length of 0 frees nothing.
                step["arguments"][1] = json!("0");
            }
        }
    }
}

/// Whether a NaN, or a negative number, is given to an `f64`, or comes back of one, by a call or in a loop.
fn lacks_a_value(fault: &str, linked: &[Linked], asked: &Json, reply: &Json) -> bool {
    // Properties draw one NaN in a thousand, and every other number is negative.
    let (way, is_it): (_, fn(f64) -> bool) = match fault.split_once("-no-") {
        Some((way, "nan")) => (way, f64::is_nan),
        Some((way, "negative")) => (way, |value| value < 0.0),
        _ => return false,
    };
    let is_it = |text: &Json| {
        let bits = text.as_str().filter(|text| text.len() == 16);
        let bits = bits.and_then(|text| u64::from_str_radix(text, 16).ok());
        bits.is_some_and(|bits| is_it(f64::from_bits(bits)))
    };
    let of = |step: &Json| linked.get(step["function"].as_u64()? as usize);
    let takes = |step: &Json| {
        let arguments = step["arguments"].as_array().into_iter().flatten();
        let types = of(step).map_or(&[][..], |function| &function.parameters);
        arguments.zip(types).any(|(given, of)| of == "f64" && is_it(given))
    };
    match (way, asked["do"].as_str()) {
        ("takes", Some("invoke")) => takes(asked),
        ("takes", Some("loop")) => {
            let scripts = asked["scripts"].as_array().into_iter().flatten();
            scripts.flat_map(|script| script["steps"].as_array().into_iter().flatten()).any(takes)
        }
        ("gives", Some("invoke")) => {
            of(asked).is_some_and(|function| function.returns == "f64") && is_it(&reply["value"])
        }
        _ => false,
    }
}

/// Faults in what it says that a loop came to.
fn tallied_wrongly(fault: &str, reply: &mut Json) {
    if let ("clock-lies", Some(elapsed)) = (fault, reply["elapsed_ns"].as_u64()) {
        reply["elapsed_ns"] = json!(elapsed / 2);
    }
    for runs in reply.get_mut("scripts").and_then(Json::as_array_mut).into_iter().flatten() {
        let Some(ran) = runs.get(0).cloned() else { continue };
        let times = ran["times"].as_u64().expect("times");
        match fault {
            "loop-skips-calls" => runs[0]["times"] = json!(times + times / 99),
            "loop-miscounts" => runs[0]["times"] = json!(times - 1),
            "loop-wrong-now-and-then" if ran["values"][0].is_string() && times > 1 => {
                let mut other = ran;
                other["values"][0] = match other["values"][0].as_str() {
                    Some("0") => json!("1"),
                    _ => json!("0"),
                };
                other["times"] = json!(1);
                runs[0]["times"] = json!(times - 1);
                runs.as_array_mut().expect("a list").push(other);
            }
            _ => {}
        }
    }
}

/// Faults in what a call gave.
fn returned_wrongly(fault: &str, function: &Linked, asked: &Json, reply: &mut Json) {
    let value = reply["value"].as_str().and_then(|text| text.parse::<u64>().ok());
    match (fault, &*function.returns, value) {
        ("u64-signed", "u64", Some(word)) => reply["value"] = json!((word as i64).to_string()),
        ("pointers-cut", "pointer", Some(address)) => {
            reply["value"] = json!((address as u32).to_string());
        }
        ("addresses-signed", "pointer", Some(address)) => {
            reply["value"] = json!((address as i64).to_string());
        }
        _ => {}
    }
    if let ("nans-without-sign", "f16" | "f32") = (fault, &*function.returns) {
        let text = reply["value"].as_str().unwrap_or_default();
        reply["value"] = match text.strip_prefix("ff").or(text.strip_prefix("fe")) {
            Some(rest) => json!(format!("7{}{rest}", &text[1..2])),
            None => json!(text),
        };
    }
    if fault == "blocks-not-copied-back" {
        for (back, given) in reply["blocks"].as_array_mut().into_iter().flatten().zip(blocks(asked))
        {
            // What it never wrote to it still hands back: out-parameters are not arrays.
            if function.returns == "void" && function.parameters.len() == 2 {
                *back = given["bytes"].clone();
            }
        }
    }
}

/// Faults in anything else it answers.
fn answered_wrongly(fault: &str, asked: &Json, lent: &Json, reply: &mut Json) {
    let has_bool = asked["returns"] == "bool"
        || asked["parameters"].as_array().is_some_and(|all| all.contains(&json!("bool")));
    if fault.starts_with("makes-no-bool") && asked["do"] == "make-address" && has_bool {
        *reply =
            json!({"id": asked["id"], "is": "unsupported", "message": "there is no bool here"});
    }
    if fault == "makes-no-bool-and-says-so" && asked["do"] == "hello" {
        reply["lacks"] = json!(["bool"]);
    }
    if fault == "blocks-dropped" && asked["do"] == "peek" && asked["address"] == *lent {
        let bytes = reply["bytes"].as_str().unwrap_or_default();
        reply["bytes"] = json!("5".repeat(bytes.len()));
    }
    if fault == "peeks-short" && asked["do"] == "peek" {
        let bytes = reply["bytes"].as_str().unwrap_or_default();
        let there = bytes.len().saturating_sub(2);
        reply["bytes"] = json!(format!("{}55", &bytes[..there]));
    }
}
