import Files
import JSON

/// Why a model of the hub cannot be had, in one line.
package enum HubError: Error, Equatable, Sendable {
  /// The text is neither a folder nor the name of a repository.
  case notAModel(String)
  /// The cache does not have the repository, and the network may not be used.
  case offline(repository: String, cache: String)
  /// `HF_ENDPOINT` is no address.
  case badEndpoint(String)
  /// The hub did not answer, or the connection broke too often.
  case unreachable(url: String, reason: String)
  /// The hub wants a token, or another one, with what it says itself.
  case unauthorized(repository: String, token: HubToken, message: String)
  /// The hub has no such repository, revision or file, with what it says itself.
  case notFound(url: String, message: String)
  /// The hub refused with another status.
  case refused(url: String, status: Int, message: String)
  /// The hub's list of files is not as expected.
  case listing(JSONReadingError)
  /// The repository has no safetensors files under the expected names, with what it has instead.
  case noSafetensors(repository: String, found: String)
  /// The name of a GGUF file leaves none or several of the repository's.
  case ggufChoice(GGUFChoiceError)
  /// The repository lacks a file, with what it has in its place.
  case missingFile(repository: String, name: String, found: String)
  /// The text is no folder, and the repository of this name cannot be had, with the reason.
  indirect case neitherFolder(String, HubError)
  /// The list of files is longer than any, in bytes.
  case listingTooLong(url: String, limit: Int)
  /// A file is longer than announced; what goes beyond was not read.
  case tooLong(url: String, expected: Int)
  /// A file came with other contents than announced; it was thrown away.
  case wrongChecksum(url: String, hash: String, expected: String, found: String)
  /// The disk of the cache has less space than what is to be fetched, in bytes.
  case insufficientSpace(cache: String, needed: Int, free: Int)
  /// The cache cannot be written.
  case file(FileError)
}

extension HubError: CustomStringConvertible {
  /// The whole error in one line.
  package var description: String {
    switch self {
    case .notAModel(let text):
      "\(text): expected a model folder, a GGUF file or org/name[@revision] of the hub, found "
        + "no such folder or file"
    case .offline(let repository, let cache):
      "\(repository): not in the cache \(cache), and HF_HUB_OFFLINE forbids fetching it"
    case .badEndpoint(let text):
      "HF_ENDPOINT: expected an address such as https://huggingface.co, found \(text)"
    case .unreachable(let url, let reason): "\(url): \(reason)"
    case .unauthorized(let repository, let token, let message):
      "\(repository): the hub refuses access\(Self.quoted(message)); "
        + Self.advice(token)
    case .notFound(let url, let message):
      "\(url): the hub has nothing there\(Self.quoted(message))"
    case .refused(let url, let status, let message):
      "\(url): the hub answers with status \(status)\(Self.quoted(message))"
    case .listing(let error): error.description
    case .noSafetensors(let repository, let found):
      "\(repository): expected \(Checkpoint.singleName) or \(Checkpoint.indexName), found \(found)"
    case .ggufChoice(let error): error.description
    case .missingFile(let repository, let name, let found):
      "\(repository): expected \(name), found \(found)"
    case .neitherFolder(let text, let error):
      "\(text): there is no such folder, and as a name on the hub: \(error)"
    case .listingTooLong(let url, let limit):
      "\(url): expected a list of files of at most \(limit >> 20) MiB, found more"
    case .tooLong(let url, let expected):
      "\(url): expected \(expected) bytes as announced, found more"
    case .wrongChecksum(let url, let hash, let expected, let found):
      "\(url): expected contents with \(hash) \(expected), found \(found); "
        + "they were thrown away, so another try begins anew"
    case .insufficientSpace(let cache, let needed, let free):
      "\(cache): expected room for the \(Self.mebibytes(needed, .up)) MiB that are to be fetched, found "
        + "\(Self.mebibytes(free, .down)) MiB free; HF_HUB_CACHE names a cache elsewhere"
    case .file(let error): error.description
    }
  }

  /// Bytes in MiB with one decimal, rounded so that what is too little never looks enough.
  private static func mebibytes(_ bytes: Int, _ rule: FloatingPointRoundingRule) -> String {
    let tenths = Int((Double(bytes) * 10 / 1_048_576).rounded(rule))
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func advice(_ token: HubToken) -> String {
    switch token {
    case .bearer: "the token in HF_TOKEN does not open it"
    case .none: "if it is private or gated, set HF_TOKEN to a token that opens it"
    case .withheld(let endpoint):
      "the token was not sent, because HF_ENDPOINT \(endpoint) is not https"
    }
  }

  private static func quoted(_ message: String) -> String {
    message.isEmpty ? "" : " (\(message))"
  }
}
