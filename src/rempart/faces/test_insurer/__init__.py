"""The sandbox's insurer: it answers for people who do not exist, as an insurer's channel would."""
