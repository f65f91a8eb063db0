import ArgumentParser
import Distillation

extension TrainingOptions.Method: ExpressibleByArgument {}
extension TrainingOptions.TeacherCacheChoice: ExpressibleByArgument {}
extension TrainingOptions.Loss: ExpressibleByArgument {}
extension TrainingOptions.LossPart: ExpressibleByArgument {}
extension TrainingOptions.OptimizerChoice: ExpressibleByArgument {}
extension LearningRateSchedule.Kind: ExpressibleByArgument {}
