import Foundation

/// The user's folder for what can be made anew.
enum CacheFolder {
  /// `$XDG_CACHE_HOME/pith/NAME`, or `~/.cache/pith/NAME`; nil where there is no home.
  static func url(_ name: String) -> URL? {
    let environment = ProcessInfo.processInfo.environment
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
      return URL(fileURLWithPath: cache).appendingPathComponent("pith/\(name)")
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return URL(fileURLWithPath: home).appendingPathComponent(".cache/pith/\(name)")
  }
}
