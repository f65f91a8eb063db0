import Foundation
import JSON
import Tokenizers

@testable import HuggingFace

extension PlacementTests {
  static let special = [
    "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|eot_id|>", "<start_of_turn>", "<end_of_turn>", "<|system|>", "<|user|>",
    "<|assistant|>", "<|end|>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]",
  ]

  /// A byte-level tokenizer with one merge, of two line breaks, so that a boundary between them
  /// shows.
  static func tokenizer(addsBOS: Bool = false) throws -> Tokenizer {
    // The alphabet of byte-level BPE: printable bytes are themselves, the others follow at 256.
    let printable = Array(33...126) + Array(161...172) + Array(174...255)
    var vocabulary: [String] = printable.map { String(UnicodeScalar(UInt8($0))) }
    for index in 0..<(256 - printable.count) {
      vocabulary.append(UnicodeScalar(UInt32(256 + index)).map { String($0) } ?? "")
    }
    let lineBreak = "\u{10A}"
    vocabulary.append(lineBreak + lineBreak)
    let ids = Dictionary(
      uniqueKeysWithValues: vocabulary.enumerated().map { ($1, JSON.integer($0)) })
    var object = JSONObject()
    for (token, id) in ids { object[token] = id }
    let added = special.enumerated().map { index, token in
      JSON.object([
        "id": .integer(vocabulary.count + index), "content": .string(token),
        "single_word": .bool(false), "lstrip": .bool(false), "rstrip": .bool(false),
        "normalized": .bool(false), "special": .bool(true),
      ])
    }
    let bos: JSON = .object([
      "type": .string("TemplateProcessing"),
      "single": .array([
        .object(["SpecialToken": .object(["id": .string("<s>"), "type_id": .integer(0)])]),
        .object(["Sequence": .object(["id": .string("A"), "type_id": .integer(0)])]),
      ]),
      "pair": .array([]),
      "special_tokens": .object([
        "<s>": .object([
          "id": .string("<s>"), "ids": .array([.integer(vocabulary.count)]),
          "tokens": .array([.string("<s>")]),
        ])
      ]),
    ])
    let byteLevel: JSON = .object([
      "type": .string("ByteLevel"), "add_prefix_space": .bool(false),
      "trim_offsets": .bool(true), "use_regex": .bool(false),
    ])
    let json: JSON = .object([
      "version": .string("1.0"), "added_tokens": .array(added), "normalizer": .null,
      "pre_tokenizer": byteLevel, "post_processor": addsBOS ? bos : .null, "decoder": byteLevel,
      "model": .object([
        "type": .string("BPE"), "vocab": .object(object),
        "merges": .array([.array([.string(lineBreak), .string(lineBreak)])]),
      ]),
    ])
    return try Tokenizer(JSONNode(parsing: Array(json.text().utf8), file: "tokenizer.json"))
  }
}
