import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Keeps an answer in memory: a list of files, or what the hub says with a refusal.
struct HubTextSink: HubSink {
  /// No list of files is longer; what comes beyond it is not kept.
  private static let byteLimit = 64 << 20

  private(set) var bytes: [UInt8] = []

  mutating func begin(_ response: HTTPURLResponse) {}

  mutating func receive(_ data: Data) {
    bytes += data.prefix(Self.byteLimit - bytes.count)
  }
}
