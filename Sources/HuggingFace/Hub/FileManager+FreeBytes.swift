import Foundation

extension FileManager {
  /// The bytes that the file system of a folder has left for this user, also where the folder is
  /// still to be made; nil where it does not say.
  func freeBytes(at folder: URL) -> Int? {
    var place = folder.standardizedFileURL
    while !fileExists(atPath: place.path), place.path != "/" { place.deleteLastPathComponent() }
    let attributes = try? attributesOfFileSystem(forPath: place.path)
    return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
  }
}
