//! The lines that a server reads: requests at both levels, with host values and with carriers.

use serde_json::Value as Json;
use subject::SubjectFault;
use subject::numbers::Small;
use subject::protocol::messages::{Reply, Request, RequestLine};
use subject::protocol::{Answers, answer};

/// Keeps what it is asked, and gives back the values among it.
#[derive(Default)]
struct Kept(Option<Request>);

impl Answers for Kept {
    fn obey(&mut self, request: Request) -> Result<Reply, SubjectFault> {
        let reply = match &request {
            Request::Call { arguments, .. } => {
                let value = arguments.first().cloned().ok_or_else(|| {
                    SubjectFault::Adapter("there is nothing to give back".to_owned())
                });
                value.map(|value| Reply::Value { value, arrays: Vec::new(), calls: Vec::new() })
            }
            Request::Invoke { blocks, .. } => {
                let blocks = blocks.iter().map(|block| block.bytes.clone()).collect();
                Ok(Reply::Returned { value: None, blocks, calls: Vec::new() })
            }
            _ => Ok(Reply::Done {}),
        };
        self.0 = Some(request);
        reply
    }
}

/// Has each line answered. A request that was understood is the same, written and read again.
pub fn read(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    for line in text.lines() {
        let mut kept = Kept::default();
        let reply = answered(&mut kept, line);
        let Some(request) = kept.0 else { continue };
        let id = reply["id"].as_u64().map(Small::new).expect("it answers a request by its id");
        let again = RequestLine { id, request: request.clone() };
        let written = serde_json::to_string(&again).expect("messages have string keys");
        assert!(!written.contains('\n'), "a line is a line: {written}");
        let mut kept = Kept::default();
        assert_eq!(answered(&mut kept, &written), reply, "{written}");
        assert_eq!(kept.0, Some(request), "{written}");
    }
}

fn answered(kept: &mut Kept, line: &str) -> Json {
    let (reply, is_last) = answer(kept, line);
    assert_eq!(is_last, matches!(kept.0, Some(Request::Stop {})), "{reply}");
    assert!(!reply.contains('\n'), "a line is a line: {reply}");
    let reply: Json = serde_json::from_str(&reply).expect("a reply");
    assert!(reply["is"].is_string() && reply["id"].is_u64(), "{reply}");
    reply
}
