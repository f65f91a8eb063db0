import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Keeps an answer in memory: a list of files, or what the hub says with a refusal. Nothing beyond
/// a limit is read.
struct HubTextSink: HubSink {
  /// No list of files is longer, in bytes.
  static let listingLimit = 64 << 20
  /// No refusal says more that is worth reading.
  static let refusalLimit = 64 << 10

  let limit: Int
  private(set) var bytes: [UInt8] = []
  /// Whether there was more than the limit.
  private(set) var isCut = false

  init(limit: Int) { self.limit = limit }

  mutating func begin(_ response: HTTPURLResponse) {}

  mutating func receive(_ data: Data) -> Bool {
    let rest = limit - bytes.count
    bytes += data.prefix(rest)
    if data.count > rest { isCut = true }
    return !isCut
  }
}
