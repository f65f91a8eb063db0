/// How far a download is.
package struct HubProgress: Sendable, Equatable {
  /// The file that is being fetched.
  package let file: String

  /// The bytes of all files that are here, those of earlier runs included.
  package let receivedBytes: Int

  /// The bytes of all files that are known to be needed; grows once when the list of shards has
  /// come.
  package let totalBytes: Int
}
