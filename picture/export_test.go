package picture

// Folds is how often Now has folded from the beginning.
func Folds(b *Book) int { return b.folds }
