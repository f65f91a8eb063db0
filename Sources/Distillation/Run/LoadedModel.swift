internal import Transformer

/// The models on the device that a study leaves to the run after it.
package final class LoadedModel {
  /// The model that is trained.
  let decoder: Decoder
  private var teacher: Decoder?

  /// - Parameters:
  ///   - decoder: the model that is trained.
  ///   - teacher: the teacher, where it is another model and loaded as the run has it.
  init(decoder: Decoder, teacher: Decoder? = nil) {
    self.decoder = decoder
    self.teacher = teacher
  }

  /// Hands the teacher over: its memory is then its user's to free.
  func takeTeacher() -> Decoder? {
    defer { teacher = nil }
    return teacher
  }
}
