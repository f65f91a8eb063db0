import Foundation

/// The user's cache folder.
enum CacheFolder {
  /// `$XDG_CACHE_HOME/pith/NAME`, or `~/.cache/pith/NAME`; nil without a home folder.
  static func url(_ name: String) -> URL? {
    let environment = ProcessInfo.processInfo.environment
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
      return URL(fileURLWithPath: cache).appendingPathComponent("pith/\(name)")
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return URL(fileURLWithPath: home).appendingPathComponent(".cache/pith/\(name)")
  }
}
