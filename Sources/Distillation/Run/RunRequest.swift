import Foundation
import HuggingFace

/// What a user asks of a distillation.
package struct RunRequest: Sendable {
  /// Which examples are held out.
  package enum Validation: Sendable, Equatable {
    /// Those of another file.
    case file(URL)
    /// A share of the inputs, above 0 and below 1.
    case fraction(Double)
    /// None: nothing is measured.
    case none
    /// A tenth of the inputs, or none where there is one example alone.
    case automatic
  }

  package var folder: ModelFolder
  /// The model as the user named it.
  package var modelName: String
  package var context: URL
  package var inputs: URL
  package var validation: Validation
  package var output: URL
  package var mode: RunFolder.Mode
  package var options: TrainingOptions
  /// Steps between two checkpoints.
  package var checkpointEvery: Int

  /// A request.
  package init(
    folder: ModelFolder, modelName: String, context: URL, inputs: URL, validation: Validation,
    output: URL, mode: RunFolder.Mode, options: TrainingOptions, checkpointEvery: Int
  ) {
    self.folder = folder
    self.modelName = modelName
    self.context = context
    self.inputs = inputs
    self.validation = validation
    self.output = output
    self.mode = mode
    self.options = options
    self.checkpointEvery = checkpointEvery
  }
}
