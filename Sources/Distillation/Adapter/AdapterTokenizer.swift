import Foundation
import HuggingFace
import JSON

/// The tokenizer files of an adapter. transformers selects the tokenizer's class by the model, and
/// some classes replace rules of `tokenizer.json` by their own, which differ between versions;
/// `PreTrainedTokenizerFast`, which the configuration here names, reads the file as it is.
package struct AdapterTokenizer: Sendable, Equatable {
  /// `tokenizer.json` with the parts that the model's tokenizer class builds itself.
  let json: [UInt8]
  /// `tokenizer_config.json`: the class, and the special tokens that chat templates name.
  let configuration: [UInt8]

  /// The tokenizer of a model; nil where it has none.
  ///
  /// - Throws: ``DistillationError/folder(_:)`` where one of its files is there and cannot be read.
  package init?(of folder: ModelFolder) throws(DistillationError) {
    let assembled = try opening { () throws(ModelFolderError) in try folder.tokenizerJSON() }
    guard let assembled else { return nil }
    json = Array(assembled.text().utf8)
    var members: JSONObject = [
      "tokenizer_class": .string("PreTrainedTokenizerFast"),
      "clean_up_tokenization_spaces": .bool(false),
    ]
    let tokens = try opening { () throws(ModelFolderError) in
      try folder.tokenizerConfiguration().specialTokens
    }
    let tokenizer = try Conditioning.tokenizer(of: folder)
    // transformers would give a token that the file lacks a new id.
    for (name, token) in tokens {
      if tokenizer.identifier(of: token) != nil { members[name] = .string(token) }
    }
    let layout = JSON.Layout(indentation: 2, sortsKeys: true)
    configuration = Array((JSON.object(members).text(layout) + "\n").utf8)
  }

  /// Both files, by their names.
  var files: [(name: String, bytes: [UInt8])] {
    [(RunFolder.tokenizer, json), (RunFolder.tokenizerConfiguration, configuration)]
  }
}
