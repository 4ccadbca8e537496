"""Why a package is impossible and how to mend it; what each rule and each decision of a plan costs."""
